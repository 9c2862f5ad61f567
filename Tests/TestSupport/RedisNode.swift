public import Embedded
internal import EventLoop
public import Redis

/// A Redis of a deployment of several, reached by TCP on the loopback.
public struct RedisNode: Sendable {
  public let server: RedisServer
  public let port: Int
  private let directory: String

  static let loop = EventLoop.start(name: "nodes")

  init(_ name: String, port: Int, options: RedisServer.Options, in folder: String) {
    self.port = port
    directory = "\(folder)/\(name)"
    server = RedisServer(directory: directory, options: options)
  }

  public var host: String { "127.0.0.1" }

  /// Takes the data of a server that does not run, as a lost disk does.
  public func loseData() { TestFolder.remove("\(directory)/data/appendonlydir") }

  /// Sends one command over a connection of its own.
  @discardableResult
  public func send(_ name: String, _ arguments: any RedisArgument...) async throws -> RedisValue {
    let (command, url) = (RedisCommand(name, arguments), server.url)
    return try await Self.loop.submit {
      let client = RedisClient(configuration: try .patient(url: url), loop: Self.loop, name: "node")
      client.start()
      defer { client.close() }
      try await client.whenReady(deadline: .seconds(60))
      return try await client.send(command, timeout: .seconds(10))
    }
  }

  /// The value of a line `name:value` that `INFO` or `CLUSTER INFO` answers.
  public func field(_ field: String, of command: String, _ section: String) async throws -> String?
  {
    let text = try await send(command, section).text ?? ""
    let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(field):") }
    return line.map { String($0.dropFirst(field.count + 1)) }
  }

  /// Its name in a cluster.
  func name() async throws -> String { try await send("CLUSTER", "MYID").text ?? "" }

  /// Waits until `replica` has all that this server was told until now.
  public func untilCopied(by replica: RedisNode) async throws {
    let text = try await field("master_repl_offset", of: "INFO", "replication")
    let offset = text.flatMap { Int($0) } ?? 0
    try await eventually("the replica has all") {
      let copied = try await replica.field("slave_repl_offset", of: "INFO", "replication")
      return copied.flatMap { Int($0) } ?? -1 >= offset
    }
  }

  /// `master` or `slave`.
  public func role() async throws -> String? { try await send("ROLE")[0].text }

  /// The server's identity, as leases name it.
  public func runID() async throws -> String? { try await field("run_id", of: "INFO", "server") }
}
