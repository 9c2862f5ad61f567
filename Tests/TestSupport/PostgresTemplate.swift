internal import Embedded

/// A cluster that is initialised once per test process and copied for each server.
enum PostgresTemplate {
  private static let made = Task {
    var options = PostgresServer.Options.fast
    options.template = nil
    let server = PostgresServer(
      directory: "\(TestFolder.make("template"))/postgres", options: options)
    try await server.start()
    await server.stop()
    return server.dataDirectory
  }

  static func folder() async throws -> String { try await made.value }
}
