internal import EventLoop
internal import Ledger
internal import Postgres

extension Command {
  static let migrate = Command(
    name: "migrate", summary: "bring the database's schema forward",
    options: [SharedOptions.databaseURL, SharedOptions.data, SharedOptions.logLevel]
  ) { options in
    let applied = try await OneShot.run(
      database: try options.addressedDatabase(), logger: try options.logger()
    ) { pool in
      try await Migrator().run(on: pool).map(\.title)
    }
    try StandardOutput.write(
      line: applied.isEmpty
        ? "the schema is up to date" : "applied \(applied.joined(separator: ", "))")
    return 0
  }
}
