"""`python -m parlance` is `parlance`."""

from parlance.cli import main

if __name__ == "__main__":
    main()
