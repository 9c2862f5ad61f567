internal import Glibc

extension PostgresProgram {
  /// Written when the cluster is whole; data without it is what an interrupted start left.
  static let completeMark = "spillway.complete"

  /// Text is UTF-8, ordered by its bytes: the fastest order, and the same on every machine.
  private static let initialisation = [
    "--username=\(PostgresServer.name)", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
    "--lc-collate=C",
  ]

  /// Makes the cluster and the database in the empty data folder.
  func initialise(
    _ folder: ServerFolder, binaries: String, run: HelperRun
  ) async throws(EmbeddedError) {
    try await run("/bin/sh", ["-c", "rm -rf \(ServerFolder.dataForServer)/*"], nil)
    if let template = options.template {
      try await run("/bin/cp", ["-a", "\(template)/.", ServerFolder.dataForServer], nil)
    } else {
      try await makeCluster(folder, binaries: binaries, run: run)
    }
    try File.replace("\(folder.data)/\(Self.completeMark)", with: "", owner: folder.user)
  }

  private func makeCluster(
    _ folder: ServerFolder, binaries: String, run: HelperRun
  ) async throws(EmbeddedError) {
    let sync = options.fsync ? ["--data-checksums"] : ["--no-sync", "--wal-segsize=4"]
    try await run(
      "\(binaries)/initdb", ["-D", ServerFolder.dataForServer] + Self.initialisation + sync, nil)
    // A server for a single session, which reads statements from its standard input.
    let script = "\(folder.path)/create.sql"
    try File.replace(script, with: "CREATE DATABASE \(PostgresServer.name)\n", owner: folder.user)
    let input = try File.open(script, O_RDONLY)
    defer {
      close(input)
      unlink(script)
    }
    let fsync = "fsync=\(options.fsync ? "on" : "off")"
    try await run(
      "\(binaries)/postgres",
      ["--single", "-D", ServerFolder.dataForServer, "-c", fsync, "postgres"], input)
  }
}
