/// A value that can be an argument of a Redis command.
public protocol RedisArgument: Sendable {
  /// Writes exactly one argument.
  func write(into writer: inout RedisCommandWriter)
}

extension String: RedisArgument {
  public func write(into writer: inout RedisCommandWriter) { writer.argument(self) }
}

extension Int: RedisArgument {
  public func write(into writer: inout RedisCommandWriter) { writer.argument(self) }
}

extension [UInt8]: RedisArgument {
  public func write(into writer: inout RedisCommandWriter) { writer.argument(self) }
}

/// A command as a value: `RedisCommand("SET", key, 12)`.
public struct RedisCommand: Sendable {
  /// The name and what follows it.
  public let arguments: [any RedisArgument]

  public init(_ name: String, _ arguments: any RedisArgument...) {
    self.init(name, arguments)
  }

  public init(_ name: String, _ arguments: [any RedisArgument]) {
    self.arguments = [name] + arguments
  }

  func write(into writer: inout RedisCommandWriter) {
    writer.command(argumentCount: arguments.count)
    for argument in arguments { argument.write(into: &writer) }
  }
}
