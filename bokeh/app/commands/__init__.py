"""The subcommands of the command line, a file each: parse -> call -> print."""
