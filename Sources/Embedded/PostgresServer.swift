internal import Glibc

/// A PostgreSQL server of our own in a folder of our own, reached by a private Unix socket only.
///
/// It runs without root rights, and the kernel ends it when this process ends, however that happens.
/// Its superuser and its database are both called `spillway`; whoever reaches the socket, which only
/// this user and root can, needs no password.
public final class PostgresServer: Sendable {
  /// What can be chosen.
  public struct Options: Sendable {
    /// Whether commits wait for the disk. Off only for tests that never crash the machine.
    public var fsync = true
    /// Memory for cached pages, in MiB: a sixteenth of the machine's, or of the container's, but 128 to 1,024.
    public var sharedBuffers = MachineMemory.sharedBuffers(of: MachineMemory.mebibytes)
    public var maximumConnections = 200
    /// The data folder of a stopped server to copy instead of initialising a new one.
    public var template: String?
    /// How long start may take, recovery of the data included.
    public var startDeadline = Duration.seconds(60)
    /// Further lines of `postgresql.conf`.
    public var configuration: [String] = []

    public init() {}
  }

  private let server: ManagedServer

  /// A server with its data in `directory`, which is made on start.
  public init(directory: String, options: Options = Options()) {
    server = ManagedServer(
      folder: ServerFolder(path: directory, name: "postgres"),
      program: PostgresProgram(options: options))
  }

  /// The role and the database that exist from the start.
  public static let name = "spillway"

  /// The folder of its socket, which clients name as the host; certain once it has started.
  public var socketDirectory: String { server.folder.socketDirectory }

  /// The folder of the database cluster.
  public var dataDirectory: String { server.folder.data }

  /// Where clients connect to.
  public var url: String { url(database: Self.name) }

  /// Where clients connect to for another database of this server.
  public func url(database: String) -> String {
    "postgresql://\(Self.name)@/\(database)?host=\(percentEncoded(path: socketDirectory))"
  }

  /// The server's main process while it runs.
  public var processIdentifier: Int32? { server.processIdentifier }

  /// Called on any thread when the running server ends without ``stop(deadline:)``.
  public var onExit: (@Sendable (ProcessExit) -> Void)? {
    get { server.onExit }
    set { server.onExit = newValue }
  }

  /// Starts the server, after making its database if there is none, and returns once it answers.
  public func start() async throws(EmbeddedError) { try await server.start() }

  /// Stops it in order (a "fast" shutdown: clients are cut off, data is flushed); when `deadline`
  /// has passed, by force. Returns when it has ended.
  public func stop(deadline: Duration = .seconds(20)) async {
    await server.stop(deadline: deadline)
  }

  /// Sends the server's main process a signal, to see what happens.
  public func kill(signal: Int32 = 9) { server.kill(signal: signal) }

  /// Stops it if it runs, and starts it.
  public func restart() async throws(EmbeddedError) {
    await stop()
    try await start()
  }

  /// The folder of the installed server's own client programs (`psql`, `pg_dump`).
  public static func binaries() throws(EmbeddedError) -> String {
    try Programs.system.postgresBinaries()
  }
}
