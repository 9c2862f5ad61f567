internal import Foundation

extension ScaleStudy {
  /// What connections that ask nothing take.
  func idle() async throws -> ScaleTable {
    var process: [Double] = []
    var kernel: [Double] = []
    for round in 1...rounds {
      announce("round \(round)/\(rounds): \(TextFormat.grouped(sizes.idle)) idle connections")
      // A process that has served none before: what it keeps for others would hide what these take.
      try await site.serve(processes: 1)
      site.makeTokens(sizes.idle)
      let campaign = try await site.campaign(of: site.tenants[0])
      let (private1, kernel1) = (try memory(), Self.slab())
      let crowd = IdleCrowd()
      defer { crowd.close() }
      let claims = ScaleRequests.claims([campaign], count: sizes.idle, from: 0)
      try await crowd.open(sizes.idle, to: try site.target(0), status: 201, on: site.loop) {
        claims.write($0, $1)
      }
      try await site.settle()
      guard crowd.count == sizes.idle else { throw ScenarioError("idle connections were closed") }
      process.append(Double(try memory() - private1) / Double(sizes.idle))
      kernel.append((Self.slab() - kernel1) / Double(sizes.idle))
      crowd.close()
      try await site.dismissAPI()
    }
    return ScaleTable(
      title: "An idle connection",
      text: """
        \(TextFormat.grouped(sizes.idle)) keep-alive connections to one API process with one loop, each with the answer to one claim
        behind it: private memory of the process, and what the kernel's slabs grew by for both ends of the connection.
        """,
      head: ["", "runs", "API bytes", "kernel bytes, both ends"],
      rows: [
        [
          "a connection", String(rounds), TextFormat.grouped(Int(Median.of(process))),
          TextFormat.grouped(Int(Median.of(kernel))),
        ]
      ])
  }

  /// Private memory of the API process, in bytes.
  private func memory() throws -> Int {
    guard let process = site.apis.first?.identifier else {
      throw ScenarioError("no API process runs")
    }
    return ProcessProbe.memory(of: process)
  }

  /// Bytes that the kernel holds for objects of its own.
  private static func slab() -> Double {
    let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
    for line in text.split(separator: "\n") where line.hasPrefix("Slab:") {
      return (line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) * 1024
    }
    return 0
  }

  /// What visitors who wait take, and what joining and polling costs.
  func tickets() async throws -> ScaleTable {
    try await site.serve(processes: 1)
    let tenant = site.tenants[0]
    // The cell comes into being with the first that is in it.
    _ = try await site.campaign(of: tenant)
    var readings: [ScaleStorage] = []
    var joins: [ScaleFigure] = []
    var polls: [ScaleFigure] = []
    for round in 1...rounds {
      announce("round \(round)/\(rounds): \(TextFormat.grouped(sizes.tickets)) tickets")
      let room = try await StandingRoom(
        client: try site.client(of: tenant),
        token: tenant.token("operator", .appAdmin, site.signer)
      ).open()
      let before = try await site.storage()
      let joined = try await load.run(
        .joins(sizes.tickets, room: room, host: tenant.host), connections: sizes.usualConnections)
      joins.append(joined.figure)
      readings.append(try await site.storage().since(before, each: sizes.tickets))
      polls.append(
        try await load.run(
          .polls(sizes.requests, room: room, tickets: joined.kept, host: tenant.host),
          connections: sizes.usualConnections
        ).figure)
    }
    return ScaleTable(
      title: "Waiting tickets", text: text(sizes.tickets, "visitors of one room who wait"),
      growing: "", figures: [("join", joins), ("poll", polls)]
    ).with(bytes: [Self.cells(Self.median(readings)), []])
  }

  private func text(_ count: Int, _ what: String) -> String {
    """
    \(TextFormat.grouped(count)) \(what), \(sizes.usualConnections) connections. The last columns are bytes that are kept for each:
    Redis' memory without its stream, its append-only file, the ledger's tables and indexes, and its log.
    """
  }
}

extension ScaleTable {
  /// The same with columns of bytes behind, of each row.
  func with(bytes: [[String]]) -> ScaleTable {
    let columns = ["Redis bytes", "file bytes", "table bytes", "log bytes"]
    return ScaleTable(
      title: title, text: text, head: head + columns,
      rows: zip(rows, bytes).map { row, bytes in
        row + bytes + Array(repeating: "", count: columns.count - bytes.count)
      })
  }
}
