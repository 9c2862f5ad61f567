internal import Glibc

extension ChildProcess {
  /// Starts a program that the kernel kills when this process ends, however that happens.
  ///
  /// It runs as this process' own user, in the folder `/`, with a small fixed environment and an empty
  /// standard input.
  ///
  /// - Parameters:
  ///   - program: an absolute path.
  ///   - log: a file to which standard output and error are appended.
  public static func start(
    _ program: String, _ arguments: [String], log: String
  ) async throws(EmbeddedError) -> ChildProcess {
    try await ServerThread.run { () async throws(EmbeddedError) in
      let output = try File.open(log, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
      defer { close(output) }
      return try spawn(
        Command(
          program: program, arguments: arguments,
          user: ServiceUser(user: geteuid(), group: getegid()), parentDeathSignal: .kill,
          descriptors: [], output: output))
    }
  }
}
