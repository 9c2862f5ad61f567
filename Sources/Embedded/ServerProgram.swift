/// What differs between embedded servers: how one is prepared, run, asked and stopped.
protocol ServerProgram: Sendable {
  /// Sent when this process dies; it must end the server and all its children.
  var parentDeathSignal: ChildProcess.ParentDeathSignal { get }
  /// Signals that stop the server, the most graceful first. `SIGKILL` follows them by itself.
  var stopSignals: [Int32] { get }
  /// How long the server may take to be ready, recovery of its data included.
  var startDeadline: Duration { get }

  /// Prepares the data and returns the program and its arguments.
  ///
  /// - Parameter run: runs a helper program to its end, as the server's user.
  func prepare(
    in folder: ServerFolder, run: HelperRun
  ) async throws(EmbeddedError) -> (program: String, arguments: [String])

  /// True once the server `processIdentifier` answers clients.
  func isReady(in folder: ServerFolder, processIdentifier: Int32) async -> Bool
}

/// Runs a program to its end with the server's user, descriptors and log; throws if it fails.
typealias HelperRun =
  (_ program: String, _ arguments: [String], _ input: Int32?) async throws(EmbeddedError) -> Void
