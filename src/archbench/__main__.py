"""`python -m archbench`."""

from archbench.cli.main import main

if __name__ == "__main__":
    main()
