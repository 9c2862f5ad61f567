internal import Glibc

/// How a process ended.
public enum ProcessExit: Sendable, Equatable, CustomStringConvertible {
  /// It exited by itself with this status.
  case exited(Int32)
  /// A signal ended it.
  case signalled(Int32)

  /// Reads the word that `waitpid` fills, as the macros of `<sys/wait.h>` do.
  init(waitStatus: Int32) {
    let signal = waitStatus & 0x7f
    self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .signalled(signal)
  }

  public var description: String {
    switch self {
    case .exited(let status): "exit status \(status)"
    case .signalled(let signal): "ended by signal \(signal)"
    }
  }
}

/// The system's words for an `errno` value.
func describe(_ code: Int32) -> String {
  String(cString: strerror(code))
}
