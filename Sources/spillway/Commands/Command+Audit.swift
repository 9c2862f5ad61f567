internal import Services

extension Command {
  static let audit = Command(
    name: "audit", summary: "check every invariant inside and between Redis and Postgres",
    options: [
      SharedOptions.data, SharedOptions.redisURL, SharedOptions.databaseURL, SharedOptions.logLevel,
    ]
  ) { options in
    let report = try await OneShot.run(
      redis: try options.addressedRedis(), database: try options.addressedDatabase(),
      logger: try options.logger()
    ) { redis, pool in
      try await Audit(redis: redis, pool: pool).run()
    }
    try StandardOutput.write(line: report.table)
    return report.isClean ? 0 : 1
  }
}
