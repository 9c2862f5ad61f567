internal import Foundation

/// The options of `spillway-loadtest chaos`.
struct ChaosOptions: Sendable, Equatable {
  var seed: UInt64
  var rounds: Int
  /// API processes.
  var processes: Int
  /// How long users claim in each round.
  var roundLength: Duration
  /// Users who claim at once.
  var clients: Int
  /// Where everything is kept; nil for a temporary folder.
  var directory: String?

  /// Two, so that one can take over from the other.
  static let reconcilers = 2

  static let options: [CommandArguments.Option] = [
    .init("seed", "S", "what all chance follows from (a random one, which is printed)"),
    .init("rounds", "N", "rounds of faults (20)"),
    .init("processes", "N", "API processes (2)"),
    .init("seconds", "S", "how long users claim in a round (6)"),
    .init("clients", "N", "users who claim at once (32)"),
    .init("directory", "DIR", "keep data and logs here instead of a temporary folder"),
  ]

  /// - Throws: `UsageError` naming the option that is wrong.
  init(_ words: [String]) throws(UsageError) {
    let arguments = try CommandArguments(words, options: Self.options)
    if let word = arguments.positional.first { throw UsageError("unexpected \(word)") }
    seed = UInt64.random(in: 0...UInt64(UInt32.max))
    if let text = arguments["seed"] {
      guard let number = UInt64(text) else { throw UsageError("--seed must be a whole number") }
      seed = number
    }
    rounds = try arguments.integer("rounds", in: 1...100_000) ?? 20
    processes = try arguments.integer("processes", in: 1...16) ?? 2
    clients = try arguments.integer("clients", in: 1...1000) ?? 32
    let seconds = try arguments.positiveNumber("seconds") ?? 6
    guard (1...600).contains(seconds) else {
      throw UsageError("--seconds must be from 1 to 600")
    }
    roundLength = .milliseconds(Int64(seconds * 1000))
    directory = arguments["directory"].map { URL(fileURLWithPath: $0).standardizedFileURL.path }
  }
}
