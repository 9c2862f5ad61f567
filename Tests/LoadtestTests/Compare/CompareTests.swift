import Foundation
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct CompareTests {
  private static let output = """
    Running 5s test @ http://127.0.0.1:18999
      1 threads and 256 connections
      Thread Stats   Avg      Stdev     Max   +/- Stdev
        Latency     4.71ms    2.02ms  45.03ms   84.53%
        Req/Sec    52.02k     5.57k   61.83k    72.00%
      Latency Distribution
         50%  912.00us
         75%    5.29ms
         90%    6.70ms
         99%    1.06s
      263101 requests in 5.10s, 116.17MB read
      Socket errors: connect 0, read 1, write 2, timeout 3
    Requests/sec:  51588.43
    Transfer/sec:     22.78MB
    """

  @Test func `wrk's output is read`() throws {
    let report = try #require(GeneratorReport(wrk: Self.output))
    #expect(report.requests == 263_101)
    #expect(report.rate == 51588.43)
    #expect(report.percentile50 == 912)
    #expect(report.percentile99 == 1_060_000)
    #expect(report.refused == 0 && report.otherShare == 0)
    #expect(report.socketErrors == 6)
    #expect(GeneratorReport(wrk: "unable to connect") == nil)
  }

  @Test func `only answers that the run is about are in its rate`() throws {
    let text = Self.output.replacing(
      "Requests/sec:", with: "  Non-2xx or 3xx responses: 65775\nRequests/sec:")
    let winning = try #require(GeneratorReport(wrk: text))
    let share = 65_775.0 / 263_101
    #expect(winning.refused == 65_775 && winning.otherShare == share)
    #expect(winning.rate == 51588.43 * (1 - share))
    let soldOut = try #require(GeneratorReport(wrk: text, wantsRefusals: true))
    #expect(abs(soldOut.rate - 51588.43 * share) < 0.01)
    // What the server knows better: some of the refusals said that it was too busy.
    let corrected = Comparison.report(
      soldOut, .soldOut, [410: 5, 200: 1], [410: 25, 503: 60, 200: 1, 201: 20, 499: 7])
    #expect(abs(corrected.rate - 51588.43 * 0.2) < 0.01 && abs(corrected.otherShare - 0.8) < 1e-9)
    let repeated = Comparison.report(
      try #require(GeneratorReport(wrk: Self.output)), .winning, [201: 5], [201: 80, 200: 25])
    #expect(abs(repeated.rate - 51588.43 * 0.75) < 0.01)
    // Who does not tell is believed, and who is judged by the generator.
    #expect(Comparison.report(winning, .winning, nil, [201: 1]) == winning)
    #expect(Comparison.report(winning, .paid, [201: 1], [503: 9]) == winning)
  }

  @Test func `answers are counted by status from the metrics`() {
    let counts = StatusCounts.read(
      """
      # HELP spillway_http_requests_total Requests answered, by route and status.
      # TYPE spillway_http_requests_total counter
      spillway_http_requests_total{route="/a",method="POST",status="201"} 70
      spillway_http_requests_total{route="/b",method="GET",status="201"} 5
      spillway_http_requests_total{route="/b",method="GET",status="503"} 2
      spillway_http_requests_other{status="201"} 9
      """)
    #expect(counts == [201: 75, 503: 2])
  }

  @Test func `the report gives medians and the ratio to webdis`() throws {
    let report = try #require(GeneratorReport(wrk: Self.output))
    func measurement(_ name: String, _ rate: String) throws -> Comparison.Measurement {
      let text = Self.output.replacing("51588.43", with: rate)
      return Comparison.Measurement(
        contender: name, load: .winning, connections: 64,
        report: try #require(GeneratorReport(wrk: text)),
        microseconds: ["API": 7.5, "Redis": 3, "generator": 6.5], busyCores: 1.5,
        notes: name == "webdis" ? [:] : ["ledger lag P99 ms": 12])
    }
    let text = CompareReport(
      measurements: [
        try measurement("spillway", "90000"), try measurement("webdis", "40000"),
        try measurement("spillway", "100000"), try measurement("webdis", "50000"),
        try measurement("spillway", "80000"), try measurement("webdis", "60000"),
      ], preface: ["machine: x"], reference: .contender("webdis")
    ).render()
    #expect(text.contains("| winning | 64 | spillway | 90,000 | 80,000–100,000 | 0.91 | 1060.00 |"))
    #expect(text.contains("| 3.0 |  |  | 10.5 | 6.5 | 1.50 | 1.80 |"))
    #expect(text.contains("ledger lag P99 ms 12"))
    #expect(text.contains("- machine: x"))
    #expect(report.requests > 0)
  }

  @Test func `a load that only one takes part in has one row`() throws {
    let run = Comparison.Measurement(
      contender: "spillway", load: .fixed, connections: 64,
      report: try #require(GeneratorReport(wrk: Self.output)), microseconds: [:], notes: [:])
    let peer = Comparison.Measurement(
      contender: "webdis", load: .soldOut, connections: 64,
      report: try #require(GeneratorReport(wrk: Self.output)), microseconds: [:], notes: [:])
    let text = CompareReport(
      measurements: [run, peer], preface: [], reference: .contender("webdis")
    ).render()
    #expect(text.contains("| fixed answer | 64 | spillway | 51,588 |"))
    #expect(!text.contains("| fixed answer | 64 | webdis |"))
  }

  @Test func `the report relates to another load or to fewer connections`() throws {
    func run(
      _ load: CompareLoad, _ connections: Int, _ rate: String, _ microseconds: [String: Double]
    ) throws -> Comparison.Measurement {
      Comparison.Measurement(
        contender: "spillway", load: load, connections: connections,
        report: try #require(GeneratorReport(wrk: Self.output.replacing("51588.43", with: rate))),
        microseconds: microseconds, notes: [:])
    }
    let routes = CompareReport(
      measurements: [try run(.fixed, 64, "100000", [:]), try run(.refused, 64, "95000", [:])],
      preface: [], reference: .load(.fixed)
    ).render()
    #expect(routes.contains("| × fixed answer |"))
    #expect(routes.contains("| rate limited | 64 | spillway | 95,000 |"))
    #expect(routes.contains("| 0.95 |"))
    let growth = CompareReport(
      measurements: [
        try run(.winning, 16, "20000", ["API": 10, "Redis": 10, "generator": 5]),
        try run(.winning, 1024, "60000", ["API": 8, "Redis": 3, "generator": 9]),
      ], preface: [], reference: .connections(16)
    ).render()
    #expect(growth.contains("| CPU × that at 16 |"))
    #expect(growth.contains("| 0.55 |"))
  }

  @Test func `every suite has loads, connections and something to relate to`() {
    for suite in CompareSuite.allCases {
      #expect(!suite.loads.isEmpty && !suite.connections.isEmpty)
      #expect(!suite.reference(connections: suite.connections).title.isEmpty)
    }
  }

  @Test func `busy processors are told from two looks at the kernel's counts`() throws {
    typealias Machine = ProcessorTime.Machine
    let before = try #require(Machine(statLine: "cpu  100 0 50 1000 10 0 5 0 0 0"))
    let after = try #require(Machine(statLine: "cpu  400 0 150 1190 20 0 5 0 0 0"))
    let busy = try #require(after.busyCores(since: before))
    #expect(busy / Double(ProcessInfo.processInfo.processorCount) == 400.0 / 600)
    #expect(before.busyCores(since: before) == nil)
    #expect(Machine(statLine: "intr 1 2 3") == nil)
    #expect(Machine(statLine: "cpu a b c d e f") == nil)
  }

  @Test func `a program's output and end are seen`() async throws {
    let child = try await ChildProgram.start(
      ["/bin/sh", "-c", "echo ready $WHERE; read x; echo done"], environment: ["WHERE": "here"])
    #expect(try await child.line(after: "ready ", within: .seconds(60)) == "here")
    #expect(try await child.finish(within: .seconds(60)).hasSuffix("done\n"))
    let failing = try await ChildProgram.start(["/bin/sh", "-c", "exit 3"])
    await #expect(throws: ScenarioError.self) { try await failing.finish(within: .seconds(60)) }
    let folder = TestFolder.make("program")
    defer { TestFolder.remove(folder) }
    let missing = try await ChildProgram.start(["/does/not/exist"], log: "\(folder)/errors")
    await #expect(throws: ScenarioError.self) { try await missing.finish(within: .seconds(60)) }
    let endless = try await ChildProgram.start(
      ["/bin/sh", "-c", "while :; do read x < /dev/zero; done"])
    #expect(endless.isRunning)
    let start = ContinuousClock.now
    await endless.stop()
    #expect(!endless.isRunning)
    // It had not to be killed.
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test(arguments: [
    ["--connections", "a"], ["--rounds", "0"], ["--peers", "redis"],
    ["--suite", "peers", "--peers", "nginx,nginx"], ["--suite", "fsync", "--peers", "nginx"],
    ["--loads", "winning,lost"],
    ["--suite", "all"], ["--gate"], ["--suite", "objectives", "--connections", "64,256"],
    ["extra"],
  ])
  func `bad compare options end with status 2`(words: [String]) async {
    #expect(await Program(arguments: ["compare"] + words).run() == .badUsage)
  }

  @Test func `an output file is written into, not replaced`() throws {
    let folder = TestFolder.make("output")
    defer { TestFolder.remove(folder) }
    try OutputFile.write("much longer than later".utf8, to: "\(folder)/file")
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder)/link", withDestinationPath: "\(folder)/file")
    try OutputFile.write("short".utf8, to: "\(folder)/link")
    #expect(try String(contentsOfFile: "\(folder)/file", encoding: .utf8) == "short")
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/link")
        == "\(folder)/file")
    #expect(throws: ScenarioError.self) { try OutputFile.write([], to: "\(folder)/no/file") }
  }
}
