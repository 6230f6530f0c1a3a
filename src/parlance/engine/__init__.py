"""The four movements of a message: taken in, dispatched, settled, announced. The engine acts, and knows no provider."""
