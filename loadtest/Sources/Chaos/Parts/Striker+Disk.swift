internal import Embedded
internal import EventLoop
internal import Glibc

/// A disk that is full. A limit on the size of files stands for it, since it needs no file system of its
/// own: a write stops short in the middle, and the next one fails.
extension Striker {
  /// Bytes that Redis may still write: its file ends in the middle of a command.
  private static let roomForRedis = 700
  /// Below the size of a segment of Postgres' log, so that no more can be written to it.
  private static let roomForPostgres = 4096
  /// How long a server may go on before it has to write.
  private static let patience = Duration.seconds(3)

  /// Lets a server find its disk full, and starts it again once there is room.
  ///
  /// Both give up rather than lose what they told to be written: Redis with `appendfsync always` ends,
  /// and so does Postgres when its log cannot be written, also while it recovers.
  func fillDisk(of server: ChaosLink.Server, fullFor pause: Duration) async throws {
    let part: ChaosPart = server == .redis ? .redis : .postgres
    do {
      try await run(server == .redis ? limitOfRedis() : limitOfPostgres())
    } catch {
      skipped.append("disk of \(server.rawValue) full: no limit can be set here: \(error)")
      return
    }
    _ = await loop.poll(within: Self.patience) { !isRunning(part) }
    await loop.sleep(for: pause)
    signal(part, SIGKILL)
    try await awaitEnd(part)
    try await start(part)
  }

  /// A shell function that limits the size of a process' files. It is run as the process' user: only that
  /// one may set a limit for it, or who has `CAP_SYS_RESOURCE`, which root in a container lacks.
  private static let limit = """
    limit() {
      user=$(stat -c %u /proc/$1) || return 1
      group=$(stat -c %g /proc/$1) || return 1
      if [ "$user" = "$(id -u)" ]; then
        prlimit --pid $1 --fsize=$2:
      else
        setpriv --reuid=$user --regid=$group --clear-groups prlimit --pid $1 --fsize=$2:
      fi
    }

    """

  /// Of the file that grows: the largest of the append-only files.
  private func limitOfRedis() -> String {
    let process = installation.redis.processIdentifier ?? 0
    let files = "\(installation.folder)/redis/data/appendonlydir/*.incr.aof"
    return Self.limit + """
      size=$(stat -c %s \(files) | sort -n | tail -1)
      limit \(process) $((size + \(Self.roomForRedis)))
      """
  }

  /// Of the server and of all processes that it has.
  private func limitOfPostgres() -> String {
    let process = installation.postgres.processIdentifier ?? 0
    return Self.limit + """
      limit \(process) \(Self.roomForPostgres) || exit 1
      for child in $(cat /proc/\(process)/task/\(process)/children); do
        limit $child \(Self.roomForPostgres) || true
      done
      """
  }
}
