internal import Domain
internal import Ledger
internal import Postgres
internal import Reconciler
internal import Services

extension Command {
  static let rebuild = Command(
    name: "rebuild", summary: "make a cell's Redis state anew from Postgres",
    options: [
      Option("cell", .value("CELL"), "the cell, such as demo.kr; all cells if not given"),
      SharedOptions.data, SharedOptions.redisURL, SharedOptions.databaseURL, SharedOptions.logLevel,
    ]
  ) { options in
    var chosen: CellName?
    if let text = options.text("cell") {
      guard let cell = CellName(text) else {
        throw UsageError("\(options.origin("cell")): '\(text)' is no name of a cell")
      }
      chosen = cell
    }
    let (only, logger) = (chosen, try options.logger())
    let reports = try await OneShot.run(
      redis: try options.addressedRedis(), database: try options.addressedDatabase(),
      logger: logger
    ) { redis, pool in
      var cells = only.map { [$0] } ?? []
      if only == nil { cells = try await CellStore(pool: pool).list().map(\.cell) }
      let rebuild = CellRebuild(redis: redis, pool: pool, logger: logger)
      var reports: [(cell: CellName, report: CellRebuild.Report?)] = []
      for cell in cells { reports.append((cell, try await rebuild.run(cell))) }
      return reports
    }
    for (cell, report) in reports {
      guard let report else {
        throw UsageError("--cell: the ledger has no cell '\(cell)'")
      }
      try StandardOutput.write(
        line: "cell \(cell): \(report.campaigns) campaigns, \(report.holders) holders, "
          + "\(report.records) idempotency records; \(report.taken) facts taken first; "
          + "open under epoch \(report.epoch)")
      if let left = report.leftBehind {
        try StandardOutput.write(line: "cell \(cell): facts left behind: \(left)")
      }
    }
    return 0
  }
}
