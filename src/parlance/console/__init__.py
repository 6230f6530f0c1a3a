"""The browser's side of the gateway: pages that show phones, messages and figures, and let people try things.

Pages are plain HTML with hand-written modules of JavaScript; all they show comes from the admin and sandbox API and the
few calls in this folder. Nothing is fetched from anywhere else.
"""
