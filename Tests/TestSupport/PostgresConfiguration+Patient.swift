public import Postgres

extension PostgresConfiguration {
  /// For tests of what the ledger holds, not of how long somebody waits for it: a machine may stand still
  /// for seconds, and opening a connection beside hundreds of tests takes its time.
  public static func patient(url: String) throws -> PostgresConfiguration {
    var configuration = try PostgresConfiguration(url: url)
    configuration.waitTimeout = .seconds(20)
    configuration.statementTimeout = .seconds(30)
    configuration.connectTimeout = .seconds(20)
    return configuration
  }
}
