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

  @Test(arguments: [
    ["run", "claim", "--rate", "1e20"], ["run", "claim", "--rate", "1e-300"],
    ["run", "claim", "--rate", "nan"], ["run", "claim", "--seconds", "1e300"],
    ["run", "claim", "--seconds", "1e-300"], ["run", "claim", "--timeout", "1e300"],
    ["run", "claim", "--timeout", "0"], ["run", "claim", "--objective-p95", "1e300"],
    ["run", "claim", "--objective-p99", "1e300"], ["run", "claim", "--objective-rate", "1e300"],
    ["run", "claim", "--objective-error-rate", "1e300"],
    ["run", "order-pay", "--objective-payment-p95", "1e300"],
    ["run", "waiting-room", "--limit", "1e300"], ["run", "soak", "--top-rate", "1e300"],
    ["run", "soak", "--rate", "1e20"], ["run", "soak", "--rate", "5", "--turn", "1e300"],
    ["run", "soak", "--rate", "5", "--warm-up", "400"],
    ["compare", "--seconds", "99999999999999999999"],
    ["compare", "--connections", "9223372036854775807"], ["chaos", "--seconds", "1e300"],
    ["chaos", "--rounds", "1e300"], ["scale", "--requests", "9223372036854775807"],
  ])
  func `a number beyond all measure ends with status 2`(words: [String]) async throws {
    #expect(await Program(arguments: words).run() == .badUsage)
    // The error names the option.
    let option = try #require(words.last { $0.hasPrefix("--") })
    guard words[0] == "run", words[1] == "claim" else { return }
    let arguments = try CommandArguments(
      Array(words.dropFirst(2)) + ["--url", "http://x"], options: LoadOptions.options)
    let error = #expect(throws: UsageError.self) { try LoadOptions(arguments) }
    #expect(error?.description.contains(option) == true)
  }

  @Test func `the largest and smallest numbers crash nothing`() throws {
    for words in [
      ["--rate", "1e8", "--seconds", "1e7"], ["--rate", "0.01", "--users", "10_000_000"],
      ["--seconds", "0.001", "--users", "10_000_000"], ["--closed", "1", "--seconds", "1e7"],
    ] {
      for profile in ["steady", "ramp", "burst"] where words[0] != "--closed" {
        let load = try LoadOptions(
          CommandArguments(
            words + ["--url", "http://x", "--profile", profile, "--timeout", "86400"],
            options: LoadOptions.options))
        let schedule = ArrivalSchedule(shape: load.shape, count: load.requests, rate: load.rate)
        #expect(schedule.start(of: load.requests) >= schedule.start(of: 0))
      }
    }
  }

  @Test func `help is no error`() async {
    #expect(await Program(arguments: ["--help"]).run() == .allHeld)
    #expect(await Program(arguments: ["run", "claim", "--help"]).run() == .allHeld)
  }
}
