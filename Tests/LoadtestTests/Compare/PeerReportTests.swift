import Testing

@testable import spillway_loadtest

@Suite struct PeerReportTests {
  private static let output = """
    "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
    "EVALSHA 7afe 3 left holders facts U__rand_int__","53156.14","38.128","1.016","36.959","61.823","78.399","89.663"
    """

  @Test func `redis-benchmark's output is read`() throws {
    let report = try #require(GeneratorReport(redisBenchmark: Self.output, requests: 400_000))
    #expect(report.requests == 400_000)
    #expect(report.rate == 53156.14)
    #expect(report.percentile50 == 36_959)
    #expect(report.percentile99 == 78_399)
    #expect(report.refused == 0 && report.socketErrors == 0)
  }

  @Test(arguments: [
    "", "Could not connect to Redis at /tmp/socket: No such file or directory",
    "\"test\",\"rps\"\n", "\"test\",\"rps\"\n\"EVALSHA\"\n", "\"test\",\"rps\"\n\"x\",\"nan\"",
  ])
  func `other output of redis-benchmark is not taken for a report`(text: String) {
    #expect(GeneratorReport(redisBenchmark: text, requests: 1) == nil)
  }

  @Test func `a run of redis-benchmark names script, keys and users`() {
    func line(threads: Int) -> String {
      RedisBenchmarkTask(socket: "/run/r.sock", digest: "abc", pipeline: 32, threads: threads)
        .arguments(connections: 64, calls: 1000).joined(separator: " ")
    }
    let begin = "redis-benchmark -s /run/r.sock -c 64 -n 1000 -P 32 -r 2147483647"
    let end = "--csv EVALSHA abc 3 left holders facts U__rand_int__"
    #expect(line(threads: 1) == "\(begin) \(end)")
    #expect(line(threads: 4) == "\(begin) --threads 4 \(end)")
  }

  @Test func `the lead is told round by round, with its range`() throws {
    func run(_ name: String, _ rate: Double) -> Comparison.Measurement {
      Comparison.Measurement(
        contender: name, load: .winning, connections: 64,
        report: GeneratorReport(
          requests: 1, rate: rate, percentile50: 1, percentile99: 1, refused: 0, socketErrors: 0),
        microseconds: ["API": 2, "Redis": 1.5, "generator": 9], notes: [:])
    }
    let text = CompareReport(
      measurements: [
        run("spillway", 60_000), run("nginx", 30_000), run("fastapi", 1000),
        run("spillway", 90_000), run("nginx", 30_000), run("fastapi", 1000),
        run("spillway", 50_000), run("nginx", 40_000), run("fastapi", 2500),
      ], preface: [], reference: .leader("spillway")
    ).render()
    #expect(text.contains("| spillway ÷ it |"))
    #expect(text.contains("| nginx | 30,000 | 30,000–40,000 |"))
    #expect(text.contains("| 3.5 | 9.0 |  | 2.00 (1.25–3.00) |"))
    #expect(text.contains("| 60.0 (20.0–90.0) |"))
    #expect(text.contains("in the\nsame round"))
  }

  @Test func `answers are known in each form`() {
    #expect(PeerAnswer(webdis: #"{"EVALSHA":[1,7]}"#) == .issued(sequence: 7))
    #expect(PeerAnswer(webdis: #"{"EVALSHA":[0,0]}"#) == .soldOut)
    #expect(PeerAnswer(webdis: #"{"EVALSHA":[false,"ERR"]}"#).isOther)
    let coupon = #"{"data":{"sequence":3,"status":"ISSUED","coupon_id":"x"},"request_id":"y"}"#
    #expect(PeerAnswer(status: 201, body: coupon) == .issued(sequence: 3))
    #expect(PeerAnswer(status: 200, body: coupon) == .held(sequence: 3))
    #expect(PeerAnswer(status: 410, body: coupon).isOther)
    #expect(PeerAnswer(status: 410, body: #"{"error":{"code":"SOLD_OUT"}}"#) == .soldOut)
    #expect(PeerAnswer(status: 410, body: #"{"error":{"code":"CLOSED"}}"#).isOther)
    #expect(PeerAnswer(status: 502, body: "<html>").isOther)
    #expect(PeerAnswer(outcome: 1, sequence: 0).isOther)
  }

  @Test func `a wrong answer stops the comparison`() async throws {
    let probe = AnswerProbe(contender: "x")
    func check(_ load: CompareLoad, _ answers: [PeerAnswer]) async throws {
      var rest = answers[...]
      try await probe.check(load) { _ throws(ScenarioError) in rest.removeFirst() }
    }
    try await check(.winning, [.issued(sequence: 1), .issued(sequence: 2), .held(sequence: 1)])
    try await check(.soldOut, [.soldOut, .soldOut, .soldOut])
    for answers: [PeerAnswer] in [
      [.issued(sequence: 1), .issued(sequence: 1), .held(sequence: 1)],
      [.issued(sequence: 1), .issued(sequence: 2), .held(sequence: 2)],
      [.issued(sequence: 1), .issued(sequence: 2), .issued(sequence: 3)],
      [.soldOut, .soldOut, .soldOut],
      [.other("503"), .issued(sequence: 2), .held(sequence: 1)],
    ] {
      await #expect(throws: ScenarioError.self) { try await check(.winning, answers) }
    }
    await #expect(throws: ScenarioError.self) {
      try await check(
        .soldOut, [.issued(sequence: 1), .issued(sequence: 2), .held(sequence: 1)])
    }
  }
}

extension PeerAnswer {
  fileprivate var isOther: Bool {
    if case .other = self { true } else { false }
  }
}
