internal import Glibc

signal(SIGPIPE, SIG_IGN)
exit(await Program.main(Array(CommandLine.arguments.dropFirst())))
