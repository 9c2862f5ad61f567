internal import EventLoop
internal import Glibc

/// How Redis is configured, run and asked.
struct RedisProgram: ServerProgram {
  let options: RedisServer.Options

  /// Nothing acknowledged is lost by it: replies are sent after the write to the file.
  let parentDeathSignal = ChildProcess.ParentDeathSignal.kill
  let stopSignals = [SIGTERM]
  var startDeadline: Duration { options.startDeadline }

  func prepare(
    in folder: ServerFolder, run: HelperRun
  ) async throws(EmbeddedError) -> (program: String, arguments: [String]) {
    let program = try Programs.system.redisServer()
    try File.replace("\(folder.path)/redis.conf", with: configuration, owner: folder.user)
    try AppendOnlyFile.last(inData: folder.data)?.cutUnfinishedTransaction()
    let file = "\(ServerFolder.dataForServer)/../redis.conf"
    return (program, options.role == .sentinel ? [file, "--sentinel"] : [file])
  }

  /// Append-only file, no snapshots: what a reply acknowledged is in the file.
  var configuration: String {
    var lines = [
      "# Written at every start; changes here are lost.",
      "port 0",
      "unixsocket \(ServerFolder.runForServer)/\(RedisServer.socketName)",
      "unixsocketperm 700",
      "dir \(ServerFolder.dataForServer)",
      "daemonize no",
    ]
    if options.role == .server { lines += serverLines }
    lines += options.configuration
    return lines.joined(separator: "\n") + "\n"
  }

  private var serverLines: [String] {
    [
      "supervised no",
      "maxclients 10000",
      "maxmemory-policy noeviction",
      "appendonly yes",
      "appendfsync \(options.fsync.rawValue)",
      "no-appendfsync-on-rewrite no",
      "aof-load-truncated yes",
      "aof-use-rdb-preamble yes",
      "auto-aof-rewrite-percentage 100",
      "auto-aof-rewrite-min-size 256mb",
      "save \"\"",
      "latency-tracking no",
      "shutdown-timeout 0",
    ]
  }

  func isReady(in folder: ServerFolder, processIdentifier: Int32) async -> Bool {
    let path = "\(folder.socketDirectory)/\(RedisServer.socketName)"
    let loop = ServerThread.loop
    guard
      let stream = try? await ByteStream.connect(
        to: .unix(path: path), on: loop, deadline: .seconds(1))
    else { return false }
    defer { stream.close() }
    return await withCheckedContinuation { continuation in
      let answer = PingAnswer(continuation)
      stream.onRead = { answer.received($0) }
      stream.onEnd = { _ in answer.finish(false) }
      stream.startReading()
      Array("PING\r\n".utf8).withUnsafeBytes { stream.write($0) }
      answer.timer = loop.schedule(after: .seconds(1)) { answer.finish(false) }
    }
  }
}

/// The answer to one `PING`. While the data loads it is `-LOADING`.
private final class PingAnswer {
  private var continuation: CheckedContinuation<Bool, Never>?
  private var text: [UInt8] = []
  var timer: EventLoopTimer?

  init(_ continuation: CheckedContinuation<Bool, Never>) {
    self.continuation = continuation
  }

  func received(_ bytes: UnsafeRawBufferPointer) {
    text += bytes
    if text.contains(UInt8(ascii: "\n")) { finish(text.starts(with: "+PONG".utf8)) }
  }

  func finish(_ isReady: Bool) {
    timer?.cancel()
    timer = nil
    continuation?.resume(returning: isReady)
    continuation = nil
  }
}
