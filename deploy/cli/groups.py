"""Command groups that several modules fill: `caunoi petition import` and `caunoi petition trace` come from two files."""

import typer


def group(root: typer.Typer, name: str, *, help_text: str = "") -> typer.Typer:
    """Return the command group `name` of `root`, made by whoever asks first."""
    for known in root.registered_groups:
        if known.name == name and known.typer_instance is not None:
            return known.typer_instance
    made = typer.Typer(no_args_is_help=True, help=help_text or None)
    root.add_typer(made, name=name)
    return made
