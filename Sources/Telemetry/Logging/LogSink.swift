internal import Glibc
internal import Synchronization

/// Where log lines go: a function that takes one whole line, its newline included.
///
/// The function may be called from any thread, and from several at once.
public struct LogSink: Sendable {
  let write: @Sendable (UnsafeRawBufferPointer) -> Void

  /// `write` gets one line a call; the bytes are valid during the call.
  public init(_ write: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
    self.write = write
  }

  /// The process's standard error. A line that the descriptor refuses is dropped: a log never stops
  /// the work that it reports on.
  public static let standardError = LogSink { line in
    var rest = line
    while rest.count > 0 {
      let written = Glibc.write(STDERR_FILENO, rest.baseAddress, rest.count)
      if written < 0 && errno == EINTR { continue }
      if written <= 0 { return }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }

  /// Drops everything.
  public static let none = LogSink { _ in }

  /// Keeps the lines in `log`.
  public static func captured(by log: CapturedLog) -> LogSink {
    LogSink { log.append(String(decoding: $0, as: UTF8.self)) }
  }
}

/// Log lines kept in memory, for tests of what is logged.
public final class CapturedLog: Sendable {
  private let kept = Mutex<[String]>([])

  public init() {}

  func append(_ line: String) { kept.withLock { $0.append(line) } }

  /// The lines so far, oldest first, each with its newline.
  public var lines: [String] { kept.withLock { $0 } }
}
