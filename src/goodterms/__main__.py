"""``python -m goodterms``."""

from goodterms.app.cli import main

if __name__ == "__main__":
    main()
