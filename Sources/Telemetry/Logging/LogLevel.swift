/// How much a log line matters; a logger drops the lines below its own level.
public enum LogLevel: Int, Sendable, Comparable, CaseIterable, CustomStringConvertible {
  case debug
  case info
  case warning
  case error

  /// Reads `debug`, `info`, `warning` (also `warn`) or `error`, in any case; nil for other text.
  public init?(_ text: String) {
    switch text.lowercased() {
    case "debug": self = .debug
    case "info": self = .info
    case "warning", "warn": self = .warning
    case "error": self = .error
    default: return nil
    }
  }

  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }

  public var description: String {
    switch self {
    case .debug: "debug"
    case .info: "info"
    case .warning: "warning"
    case .error: "error"
    }
  }
}
