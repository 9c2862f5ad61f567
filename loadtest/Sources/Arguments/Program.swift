internal import Foundation
internal import Glibc

/// The program behind the command line.
struct Program {
  /// How the program ends.
  enum Status: Int32 {
    case allHeld = 0
    /// A breach, a missed objective, or a load that could not begin.
    case failed = 1
    case badUsage = 2
  }

  /// All scenarios; a new one is added here.
  static var scenarios: [any LoadScenario.Type] {
    [
      ClaimScenario.self, OrderScenario.self, OrderPayScenario.self, WaitingRoomScenario.self,
      BrowseScenario.self, MixedScenario.self, SoakScenario.self,
    ]
  }

  let arguments: [String]

  /// Follows the command line and says how it went.
  func run() async -> Status {
    do {
      switch arguments.first {
      case "run": return try await runScenario(Array(arguments.dropFirst()))
      case "chaos": return try await chaos(Array(arguments.dropFirst()))
      case "compare": return try await compare(Array(arguments.dropFirst()))
      case "scale": try await scale(Array(arguments.dropFirst()))
      case "--help", "-h", "help": print(Self.help)
      case nil: throw UsageError("a command is missing")
      case let word?: throw UsageError("unknown command \(word)")
      }
      return .allHeld
    } catch let error as UsageError {
      complain("\(error.description); see spillway-loadtest --help")
      return .badUsage
    } catch {
      complain("\(error)")
      return .failed
    }
  }

  private func complain(_ text: String) {
    FileHandle.standardError.write(Data("spillway-loadtest: \(text)\n".utf8))
  }

  private func chaos(_ words: [String]) async throws -> Status {
    if words.contains("--help") {
      print(Self.help)
      return .allHeld
    }
    return try await ChaosRun(options: try ChaosOptions(words)).run() ? .allHeld : .failed
  }

  private func compare(_ words: [String]) async throws -> Status {
    if words.contains("--help") {
      print(Self.help)
      return .allHeld
    }
    let arguments = try CommandArguments(words, options: CompareCommand.options)
    return try await CompareCommand(arguments).run() ? .allHeld : .failed
  }

  private func scale(_ words: [String]) async throws {
    if words.contains("--help") {
      print(Self.help)
      return
    }
    let arguments = try CommandArguments(words, options: ScaleOptions.options)
    try await ScaleCommand(options: try ScaleOptions(arguments)).run()
  }

  static var help: String {
    var text = """
      Usage: spillway-loadtest run SCENARIO [--url URL] [options]
             spillway-loadtest compare [options]
             spillway-loadtest scale [options]
             spillway-loadtest chaos [options]

      Sends requests at a fixed arrival rate, counts latencies from the planned start, and checks
      every answer; with --closed as many clients wait for their answers instead. Without --url it starts
      an instance of its own, and ends it afterwards. Exit status: 0 when all held, 1 on a breach or a
      missed objective, 2 on bad usage.

      compare starts Spillway and its peers on this machine, and measures them in turn:
      \(CommandArguments.help(CompareCommand.options))

      scale starts installations of its own, and measures what an operation costs and what is kept for it as
      connections, campaigns, holders, cells, processes, tickets and orders grow:
      \(CommandArguments.help(ScaleOptions.options))

      chaos runs an installation of its own, kills its parts at random moments while users claim and order,
      and proves after each round that nothing acknowledged was lost, nothing issued twice and no piece
      sold twice:
      \(CommandArguments.help(ChaosOptions.options))

      Options of every scenario:
      \(CommandArguments.help(LoadOptions.options + InstallationProbe.options))

      """
    for scenario in scenarios {
      text +=
        "\n\(scenario.name): \(scenario.summary)\n\(CommandArguments.help(scenario.options))\n"
    }
    return text
  }
}
