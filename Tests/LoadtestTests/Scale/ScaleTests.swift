import Domain
import Testing

@testable import spillway_loadtest

@Suite struct ScaleTests {
  private func options(_ words: String...) throws -> ScaleOptions {
    try ScaleOptions(CommandArguments(words, options: ScaleOptions.options))
  }

  @Test func `all dimensions are measured unless some are named`() throws {
    #expect(try options().dimensions == ScaleDimension.allCases)
    #expect(try options("--dimensions", "tickets,idle").dimensions == [.tickets, .idle])
    for list in ["visitors", "idle,idle", ""] {
      #expect(throws: UsageError.self) { try options("--dimensions", list) }
    }
  }

  @Test func `quick is small, and what is named counts before it`() throws {
    #expect(try options("--quick").rounds == 1)
    #expect(try options("--quick").sizes == .quick)
    let named = try options("--quick", "--rounds", "2", "--requests", "500")
    #expect(named.rounds == 2)
    #expect(named.sizes.requests == 500)
    #expect(named.sizes.connections == ScaleSizes.quick.connections)
  }

  @Test func `the most holders are the last step`() throws {
    #expect(
      try options("--holders", "2000000").sizes.holders == [1000, 100_000, 1_000_000, 2_000_000])
    #expect(try options("--holders", "1000").sizes.holders == [1000])
  }

  private func figure(_ rate: Double, api: Double) -> ScaleFigure {
    ScaleFigure(
      rate: rate, percentile50: 1, percentile99: 2, api: api, redis: 3, reconciler: 0.5,
      postgres: 4.25, network: 1234)
  }

  @Test func `each value of a row is the median of its own`() {
    let runs = [figure(30_000, api: 9), figure(10_000, api: 7), figure(20_000, api: 8.04)]
    #expect(ScaleFigure.median(runs) == figure(20_000, api: 8.04))
    // Of two middle ones the lower.
    #expect(ScaleFigure.median(Array(runs.prefix(2)))?.rate == 10_000)
    #expect(ScaleFigure.median([]) == nil)
    let table = ScaleTable(
      title: "Claims", text: "Of one campaign.", growing: "connections", figures: [("16", runs)])
    #expect(
      table.markdown.contains(
        "| 16 | 3 | 20,000 | 1.00 | 2.00 | 8.0 | 3.0 | 0.5 | 4.3 | 15.8 | 1,234 |\n"))
    #expect(table.markdown.hasPrefix("## Claims\n\nOf one campaign.\n\n| connections | runs |"))
  }

  @Test func `bytes stand behind the rows that have some`() {
    let table = ScaleTable(title: "", text: "", head: ["a"], rows: [["x"], ["y"]])
      .with(bytes: [["1", "2", "3", "4"], []])
    #expect(table.head.count == 5)
    #expect(table.rows == [["x", "1", "2", "3", "4"], ["y", "", "", "", ""]])
  }

  @Test func `storage is told for each thing that came`() {
    let before = ScaleStorage(redis: 100, appendOnlyFile: 50, database: 1000, log: 10)
    let after = ScaleStorage(redis: 300, appendOnlyFile: 40, database: 1100, log: 30)
    #expect(
      after.since(before, each: 10)
        == ScaleStorage(redis: 20, appendOnlyFile: -1, database: 10, log: 2))
    let info = "# Memory\r\nused_memory_human:1M\r\nused_memory:1048576\r\n"
    #expect(ScaleStorage.field("used_memory", in: info) == 1_048_576)
    #expect(ScaleStorage.field("aof_current_size", in: info) == nil)
  }

  @Test func `the loopback's bytes are read from the kernel's table`() {
    let table = """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets
        eth0:     700       9    0    0    0     0          0         0      100       1
          lo:  123456     99    0    0    0     0          0         0   123456      99
      """
    #expect(LoopbackTraffic.received(in: table) == 123_456)
    #expect(LoopbackTraffic.received(in: "") == 0)
  }

  @Test func `answers of workers that took requests in turn are put in order again`() {
    #expect(ScaleLoad.inOrder([["0", "3", "6"], ["1", "4"], ["2", "5"]]).joined() == "0123456")
    #expect(ScaleLoad.inOrder([[], []]) == [])
  }

  @Test(arguments: [1, 2, 4])
  func `every server has the cell of one tenant`(servers: Int) {
    let tenants = ScaleTenant.spread(over: servers)
    #expect(tenants.count == servers)
    #expect(Set(tenants.map(\.keys.cell)).count == servers)
    #expect(tenants.map(\.keys.cell) == ScaleTenant.spread(over: servers).map(\.keys.cell))
  }

  @Test func `a text is found by its name directly in the data`() {
    func text(_ body: String) -> String? {
      var member = MemberText(name: "ticket")
      let bytes = Array(body.utf8)
      return bytes.withUnsafeBytes { JSONScanner.scan($0, &member) } ? member.text : nil
    }
    #expect(text(#"{"data":{"ticket":"abc","room":{"ticket":"no"}},"ticket":"no"}"#) == "abc")
    #expect(text(#"{"data":{"ticket":7}}"#) == nil)
    #expect(text(#"{"data":{"ticket":"abc"}"#) == nil)
  }
}
