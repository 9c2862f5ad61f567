internal import Glibc

/// How PostgreSQL is initialised, run and asked.
struct PostgresProgram: ServerProgram {
  let options: PostgresServer.Options

  /// An "immediate" shutdown: the main process ends its children and itself within seconds, where
  /// `SIGKILL` would leave children that are deep in a query. Commits are safe in the log.
  let parentDeathSignal = ChildProcess.ParentDeathSignal.quit
  let stopSignals = [SIGINT, SIGQUIT]
  var startDeadline: Duration { options.startDeadline }

  func prepare(
    in folder: ServerFolder, run: HelperRun
  ) async throws(EmbeddedError) -> (program: String, arguments: [String]) {
    let version = try dataVersion(folder)
    let binaries = try Programs.system.postgresBinaries(dataVersion: version)
    if version == nil {
      try await initialise(folder, binaries: binaries, run: run)
    } else {
      // Nobody runs on this data: the folder's lock is ours. A number left in the file by a server
      // that was killed may belong to any process by now.
      unlink("\(folder.data)/postmaster.pid")
    }
    let user = folder.user
    try File.replace("\(folder.data)/postgresql.conf", with: configuration, owner: user)
    try File.replace("\(folder.data)/pg_hba.conf", with: "local all all trust\n", owner: user)
    return ("\(binaries)/postgres", ["-D", ServerFolder.dataForServer])
  }

  /// The major version that wrote the data, or `nil` if there is none yet.
  private func dataVersion(_ folder: ServerFolder) throws(EmbeddedError) -> String? {
    guard File.exists("\(folder.data)/\(Self.completeMark)") else { return nil }
    return try File.read("\(folder.data)/PG_VERSION").filter { !$0.isWhitespace }
  }

  /// The cluster's main process writes its state into the last line of its pid file.
  func isReady(in folder: ServerFolder, processIdentifier: Int32) async -> Bool {
    guard let text = try? File.read("\(folder.data)/postmaster.pid") else { return false }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.count >= 8 && lines[0] == "\(processIdentifier)" && lines[7].hasPrefix("ready")
  }
}
