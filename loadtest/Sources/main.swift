internal import Glibc

exit(await Program(arguments: Array(CommandLine.arguments.dropFirst())).run().rawValue)
