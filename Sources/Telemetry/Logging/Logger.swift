/// Writes one JSON object a line: `time` (RFC 3339, UTC, milliseconds), `level`, `label`, `message`,
/// then the fields.
///
/// A secret never belongs into a log. As a second line of defence the values of fields whose names
/// say that they hold one (``redactedNames``) are replaced.
public struct Logger: Sendable {
  /// The part of the program that speaks.
  public let label: String
  /// Lines below this level are dropped, and their messages never made.
  public let level: LogLevel
  private let sink: LogSink
  private var context: [(String, LogValue)] = []

  /// Lower-case names of fields whose values are not written.
  public static let redactedNames: Set<String> = [
    "authorization", "cookie", "password", "secret", "token", "admission_token", "signing_key",
  ]

  /// A logger without fields of its own.
  public init(label: String, level: LogLevel = .info, sink: LogSink = .standardError) {
    self.label = label
    self.level = level
    self.sink = sink
  }

  /// The same logger with `fields` on each of its lines. A later field of the same name wins.
  public func with(_ fields: [(String, LogValue)]) -> Logger {
    var copy = self
    copy.context = merged(fields)
    return copy
  }

  /// The same level, sink and fields under another label.
  public func labelled(_ label: String) -> Logger {
    var copy = Logger(label: label, level: level, sink: sink)
    copy.context = context
    return copy
  }

  /// Whether lines of `level` are written.
  public func writes(_ level: LogLevel) -> Bool { level >= self.level }

  /// Details for someone who looks for a fault.
  public func debug(
    _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> [(String, LogValue)] = []
  ) {
    if writes(.debug) { log(.debug, message(), fields()) }
  }

  /// The normal course of events.
  public func info(
    _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> [(String, LogValue)] = []
  ) {
    if writes(.info) { log(.info, message(), fields()) }
  }

  /// Something is wrong and the program copes.
  public func warning(
    _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> [(String, LogValue)] = []
  ) {
    if writes(.warning) { log(.warning, message(), fields()) }
  }

  /// Something is wrong and someone should look.
  public func error(
    _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> [(String, LogValue)] = []
  ) {
    if writes(.error) { log(.error, message(), fields()) }
  }

  /// Writes a line whatever the logger's own level is.
  private func log(_ level: LogLevel, _ message: String, _ fields: [(String, LogValue)]) {
    var line: [UInt8] = []
    line.reserveCapacity(256)
    line.append(contentsOf: #"{"time":""#.utf8)
    Timestamp.now().write(into: &line)
    line.append(contentsOf: #"","level":""#.utf8)
    line.append(contentsOf: level.description.utf8)
    line.append(contentsOf: #"","label":"#.utf8)
    line.appendQuoted(label)
    line.append(contentsOf: #","message":"#.utf8)
    line.appendQuoted(message)
    for (name, value) in merged(fields) {
      line.append(UInt8(ascii: ","))
      line.appendQuoted(name)
      line.append(UInt8(ascii: ":"))
      let redacted = Self.redactedNames.contains(name.lowercased())
      (redacted ? LogValue.string("[redacted]") : value).write(into: &line)
    }
    line.append(contentsOf: "}\n".utf8)
    line.withUnsafeBytes { sink.write($0) }
  }

  private func merged(_ fields: [(String, LogValue)]) -> [(String, LogValue)] {
    if context.isEmpty { return fields }
    return context.filter { kept in !fields.contains { $0.0 == kept.0 } } + fields
  }
}
