internal import EventLoop
internal import Postgres

extension PostgresPool {
  /// How long a server may take to be reached.
  private static let readyLimit = Duration.seconds(30)

  /// A pool that has reached its server; the caller closes it.
  ///
  /// - Parameter statementTimeout: how long a query may take. Those that look at a whole sale take long.
  static func ready(
    url: String, connections: Int = 1, statementTimeout: Duration = .seconds(60), loop: EventLoop
  ) async throws(PostgresError) -> PostgresPool {
    var configuration = try PostgresConfiguration(url: url)
    configuration.poolSize = connections
    configuration.statementTimeout = statementTimeout
    let pool = PostgresPool(configuration: configuration, loop: loop)
    pool.start()
    do throws(PostgresError) {
      try await pool.whenReady(deadline: readyLimit)
    } catch {
      pool.close()
      throw error
    }
    return pool
  }
}
