internal import Glibc

let words = Array(CommandLine.arguments.dropFirst())
let stop = Program.isService(words) ? StopRequest.watch() : nil
signal(SIGPIPE, SIG_IGN)
exit(await Program.main(words, stop: stop))
