"""As much of curl as the docs use, for machines that have none; run as a program."""

import sys

import httpx


def main(words: list[str]) -> int:
    """Make the request that the words of a command say, and print its answer."""
    url, method, data = "", "", ""
    headers: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        match word:
            case "-X":
                method = next(rest)
            case "-d":
                data = next(rest)
            case "-H":
                name, _, value = next(rest).partition(":")
                headers[name] = value.strip()
            case _ if word.startswith("http"):
                url = word
            case _:
                raise AssertionError(f"the docs' curl has no {word}")
    answer = httpx.request(method or ("POST" if data else "GET"), url, headers=headers, content=data, timeout=30)
    sys.stdout.write(f"{answer.text}\n")
    return 0 if answer.is_success else 22


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
