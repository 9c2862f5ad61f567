import Testing

@testable import spillway_loadtest

@Suite struct CommandArgumentsTests {
  private let options: [CommandArguments.Option] = [
    .init("users", "N", "users"), .init("url", "URL", "server"), .init("quiet", nil, "no progress"),
  ]

  @Test func `values come behind a space or an equals sign`() throws {
    let arguments = try CommandArguments(
      ["claim", "--users", "1_000", "--url=http://x", "--quiet"], options: options)
    #expect(arguments.positional == ["claim"])
    #expect(try arguments.integer("users", in: 1...5000) == 1000)
    #expect(arguments["url"] == "http://x")
    #expect(arguments.has("quiet"))
  }

  @Test(arguments: [
    ["--nothing"], ["--users"], ["--users", "1", "--users", "2"], ["--quiet=1"],
  ])
  func `what cannot be followed is refused`(words: [String]) {
    #expect(throws: UsageError.self) { try CommandArguments(words, options: options) }
  }

  private func load(_ words: String...) throws -> LoadOptions {
    try LoadOptions(CommandArguments(words, options: LoadOptions.options))
  }

  @Test func `two of users, rate and seconds give the third`() throws {
    let byUsers = try load("--url", "http://x", "--users", "500", "--seconds", "5")
    #expect(byUsers.requests == 500 && byUsers.rate == 100)
    let byRate = try load("--url", "http://x", "--rate", "100", "--seconds", "5")
    #expect(byRate.requests == 500 && byRate.rate == 100)
    let both = try load("--url", "http://x", "--rate", "100", "--users", "700")
    #expect(both.requests == 700 && both.rate == 100)
    let all = try load("--url", "http://x", "--rate", "100", "--users", "700", "--seconds", "2")
    #expect(all.requests == 200 && all.rate == 100)
  }

  @Test func `clients of a closed loop have a connection each, and no profile`() throws {
    let closed = try load("--url", "http://x", "--closed", "32", "--seconds", "2")
    #expect(closed.closed == ClosedLoop(clients: 32, lastStart: 2_000_000_000))
    #expect(closed.connections == 32 && closed.shape == .burst)
    #expect(try load("--url", "http://x", "--profile", "ramp").shape == .ramp)
    #expect(try load("--url", "http://x", "--shape", "constant").shape == .steady)
    #expect(throws: UsageError.self) {
      try load("--url", "http://x", "--closed", "3", "--profile", "ramp")
    }
  }

  @Test(arguments: [
    [], ["--url", "x"], ["--url", "http://x", "--users", "0"],
    ["--url", "http://x", "--rate", "-1"], ["--url", "http://x", "--shape", "round"],
    ["--url", "http://x", "--connections", "many"],
  ])
  func `bad load options name what is wrong`(words: [String]) {
    #expect(throws: UsageError.self) {
      try LoadOptions(CommandArguments(words, options: LoadOptions.options))
    }
  }

  @Test(arguments: [
    [], ["dance"], ["run"], ["run", "dance"],
    // No instance is started for a run that cannot be followed.
    ["run", "claim", "--rate", "-1"], ["run", "claim", "--acknowledge", "never"],
    ["run", "claim", "--data", "d"],
    ["run", "claim", "--url", "http://x"],
    ["run", "claim", "--url", "http://x", "--tokens", "f"],
    ["run", "claim", "--url", "http://x", "--data", "d", "--acknowledge", "never"],
  ])
  func `bad usage ends with status 2`(words: [String]) async {
    #expect(await Program(arguments: words).run() == .badUsage)
  }

  @Test func `help is no error`() async {
    #expect(await Program(arguments: ["--help"]).run() == .allHeld)
    #expect(await Program(arguments: ["run", "claim", "--help"]).run() == .allHeld)
  }
}
