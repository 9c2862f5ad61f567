internal import Foundation
internal import Glibc

/// The command line: finds the command, reads its options, runs it.
enum Program {
  static let commands: [Command] = [
    .up, .serve, .reconcile, .migrate, .rebuild, .audit, .token, .openapi,
  ]

  /// Whether the words name a command that runs until it is asked to stop.
  static func isService(_ words: [String]) -> Bool {
    commands.contains { $0.isService && $0.name == words.first }
  }

  static var help: String {
    var lines = [
      "spillway: a flash-sale engine. Redis is the turnstile, Postgres is the ledger.", "",
      "Usage: spillway COMMAND [OPTIONS]", "",
    ]
    for command in commands {
      let name = command.name + String(repeating: " ", count: max(0, 11 - command.name.count))
      lines.append("  \(name)\(command.summary)")
    }
    lines += ["", "spillway COMMAND --help tells a command's options."]
    return lines.joined(separator: "\n")
  }

  /// Runs the program and returns its exit status: 0 done, 1 failed or a breach found, 2 bad usage.
  ///
  /// - Parameter stop: needed for a service.
  static func main(_ words: [String], stop: StopRequest?) async -> Int32 {
    guard let name = words.first, name != "--help", name != "-h" else {
      return tell(help, words.isEmpty ? 2 : 0)
    }
    if name == "help" {
      return await main(Array(words.dropFirst().prefix(1)) + ["--help"], stop: stop)
    }
    guard let command = commands.first(where: { $0.name == name }) else {
      return complain("unknown command '\(name)'; see spillway --help", 2)
    }
    if words.contains("--help") || words.contains("-h") {
      return tell(command.help, 0)
    }
    do {
      let options = try ParsedOptions(
        words.dropFirst(), options: command.options,
        environment: ProcessInfo.processInfo.environment)
      switch command.work {
      case .once(let run): return try await run(options)
      case .service(let run):
        guard let stop else { return complain("\(name): signals cannot be watched", 1) }
        return try await run(options, stop)
      }
    } catch let error as UsageError {
      return complain("\(name): \(error)", 2)
    } catch {
      return complain("\(name): \(error)", 1)
    }
  }

  private static func tell(_ text: String, _ status: Int32) -> Int32 {
    try? StandardOutput.write(line: text)
    return status
  }

  private static func complain(_ line: String, _ status: Int32) -> Int32 {
    try? StandardOutput.write(line: "spillway: \(line)", to: STDERR_FILENO)
    return status
  }
}
