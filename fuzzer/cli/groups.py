"""A group of subcommands of which one need not be named: `fuzz status` is `fuzz status campaign`."""

import click


class DefaultGroup(click.Group):
    """Takes words that name no subcommand for those of its default one."""

    def __init__(self, *arguments: object, default: str = "campaign", **settings: object) -> None:
        super().__init__(*arguments, **settings)  # type: ignore[arg-type]  # as click passes them on
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default's name in front where none is there."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show those of the default, too."""
        command = self.commands[self.default]
        records = [record for param in command.get_params(ctx) if (record := param.get_help_record(ctx))]
        own = [record for record in records if "--help" not in record[0]]
        with formatter.section(f"Options of {self.default}, which may be left out"):
            formatter.write_dl(own)
        super().format_options(ctx, formatter)
