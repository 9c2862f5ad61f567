internal import Glibc

/// The folder of one embedded server: its data, its private socket, its log and its locks.
///
/// On start the server gets the data folder as an open descriptor and addresses everything from there
/// (`/proc/self/fd/4`, `../run`). So an unprivileged server works even where it could not reach its
/// data by name, for example below `/root`.
struct ServerFolder: Sendable {
  /// Absolute path of the folder.
  let path: String
  /// The server's name, for messages and the log's name.
  let name: String

  var data: String { "\(path)/data" }
  var run: String { "\(path)/run" }
  var log: String { "\(path)/\(name).log" }

  /// How the server itself names its data folder: by the descriptor that it gets.
  static let dataForServer = "/proc/self/fd/4"
  /// How the server itself names the socket's folder, from its data folder.
  static let runForServer = "../run"

  /// Room that a socket's name needs in a path.
  private static let longestSocketName = ".s.PGSQL.65535".utf8.count + 1
  /// A log that has grown past this many bytes is set aside at the next start.
  private static let longestLog = 8 << 20

  init(path: String, name: String) {
    self.path = path.hasPrefix("/") ? path : "\(File.canonical("."))/\(path)"
    self.name = name
  }

  /// The user that the server runs under.
  var user: ServiceUser { .forServers(in: path) }

  /// Makes the folders that are missing, reachable for the server's user only.
  func prepare() throws(EmbeddedError) {
    let user = user
    try File.makeDirectories(path)
    for folder in [path, data] {
      try File.makeDirectory(folder, mode: 0o700)
      try File.check(chown(folder, user.user, user.group), "change the owner of", folder)
      try File.check(chmod(folder, 0o700), "change the mode of", folder)
    }
    try prepareRun(user)
  }

  // MARK: Sockets

  /// True if sockets in ``run`` would have paths that no client can connect to.
  private var runIsTooLong: Bool {
    run.utf8.count + Self.longestSocketName > File.longestSocketPath
  }

  /// Where clients find the socket: ``run``, or the short folder that it links to.
  var socketDirectory: String { runIsTooLong ? File.canonical(run) : run }

  private func prepareRun(_ user: ServiceUser) throws(EmbeddedError) {
    guard runIsTooLong else {
      try File.makeDirectory(run, mode: 0o700)
      try File.check(chown(run, user.user, user.group), "change the owner of", run)
      return
    }
    if let target = linkTarget, isPrivateFolder(target, of: user) { return }
    unlink(run)
    var template = Array("/tmp/spillway-XXXXXX\0".utf8CString.map { $0 })
    guard mkdtemp(&template) != nil else {
      throw .file(path: "/tmp", operation: "make a folder in", code: errno)
    }
    let short = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    try File.check(chown(short, user.user, user.group), "change the owner of", short)
    try File.check(symlink(short, run), "make link", run)
  }

  /// Removes a short socket folder outside of ``path``.
  func removeShortSocketDirectory() {
    guard runIsTooLong, let target = linkTarget else { return }
    unlink(run)
    rmdir(target)
  }

  private var linkTarget: String? {
    var bytes = [CChar](repeating: 0, count: 256)
    guard readlink(run, &bytes, bytes.count - 1) > 0 else { return nil }
    return bytes.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  /// Anybody may make files in `/tmp`: only a real folder of the right owner and mode is trusted.
  private func isPrivateFolder(_ path: String, of user: ServiceUser) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode == S_IFDIR | 0o700
      && status.st_uid == user.user
  }

  // MARK: Descriptors for the server

  /// A lock that the server and its children inherit: it is free only when the last of them ended.
  ///
  /// - Parameter check: asked again and again while it waits; what it throws ends the wait.
  /// - Throws: ``EmbeddedError/folderBusy(folder:)`` when servers of an earlier owner stay.
  func lockForServer(
    within limit: Duration, unless check: () throws(EmbeddedError) -> Void = {}
  ) async throws(EmbeddedError) -> Int32 {
    let descriptor = try File.open("\(path)/server.lock", O_RDWR | O_CREAT, mode: 0o600)
    let isFree: Bool
    do throws(EmbeddedError) {
      isFree = try await ServerThread.poll(within: limit) { () throws(EmbeddedError) in
        try check()
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0
      }
    } catch {
      close(descriptor)
      throw error
    }
    if !isFree {
      close(descriptor)
      throw .folderBusy(folder: path)
    }
    return descriptor
  }

  /// Opens the log for appending; one that has grown long is set aside first.
  func openLog() throws(EmbeddedError) -> Int32 {
    if File.size(log) > Self.longestLog { rename(log, "\(log).1") }
    return try File.open(log, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
  }
}
