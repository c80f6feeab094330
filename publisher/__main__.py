"""Run `python -m publisher` like `publish`."""

from publisher.cli import main

if __name__ == "__main__":
    main()
