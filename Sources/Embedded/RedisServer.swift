internal import Glibc

/// A Redis server of our own in a folder of our own, reached by a private Unix socket only.
///
/// It runs without root rights, and the kernel ends it when this process ends, however that happens.
public final class RedisServer: Sendable {
  /// When Redis makes accepted writes durable (`appendfsync`).
  public enum Fsync: String, Sendable {
    case always
    case everySecond = "everysec"
    /// For tests that never crash the machine.
    case never = "no"
  }

  public enum Role: Sendable {
    /// Keeps data.
    case server
    /// Watches servers and promotes replicas.
    case sentinel
  }

  /// What can be chosen.
  public struct Options: Sendable {
    public var fsync = Fsync.always
    /// How long start may take, loading of the data included.
    public var startDeadline = Duration.seconds(60)
    /// What it does.
    public var role = Role.server
    /// Further lines of `redis.conf`.
    public var configuration: [String] = []

    public init(fsync: Fsync = .always, configuration: [String] = []) {
      self.fsync = fsync
      self.configuration = configuration
    }
  }

  private let server: ManagedServer

  /// A server with its data in `directory`, which is made on start.
  public init(directory: String, options: Options = Options()) {
    server = ManagedServer(
      folder: ServerFolder(path: directory, name: "redis"), program: RedisProgram(options: options))
  }

  /// The name of its socket.
  static let socketName = "redis.sock"

  /// The path of its socket; known for certain once it has started.
  public var socketPath: String { "\(server.folder.socketDirectory)/\(Self.socketName)" }

  /// Where clients connect to: `unix:///path`, with percent-encoding where a path needs it.
  public var url: String { "unix://\(percentEncoded(path: socketPath))" }

  /// The server's process while it runs.
  public var processIdentifier: Int32? { server.processIdentifier }

  /// Called on any thread when the running server ends without ``stop(deadline:)``.
  public var onExit: (@Sendable (ProcessExit) -> Void)? {
    get { server.onExit }
    set { server.onExit = newValue }
  }

  /// Starts the server and returns once it answers.
  public func start() async throws(EmbeddedError) { try await server.start() }

  /// Stops it in order; when `deadline` has passed, by force. Returns when it has ended.
  public func stop(deadline: Duration = .seconds(10)) async {
    await server.stop(deadline: deadline)
  }

  /// Sends the server a signal, to see what happens.
  public func kill(signal: Int32 = 9) { server.kill(signal: signal) }

  /// Stops it if it runs, and starts it.
  public func restart() async throws(EmbeddedError) {
    await stop()
    try await start()
  }
}
