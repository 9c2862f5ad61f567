internal import EventLoop

/// What a new connection does before it is used: sign in, choose the database, learn who answers.
enum RedisHandshake {
  /// What the server told of itself.
  struct Server {
    /// Forty hexadecimal digits, new with each start of the server.
    let runID: String
  }

  /// Connects and signs in, all within the connect time-out.
  static func connect(
    _ configuration: RedisConfiguration, name: String, loop: EventLoop, metrics: RedisMetrics
  ) async throws(RedisConnectFailure) -> (RedisConnection, Server) {
    let start = loop.milliseconds
    let stream: ByteStream
    do {
      stream = try await ByteStream.connect(
        to: configuration.address, on: loop, deadline: configuration.connectTimeout)
    } catch {
      throw RedisConnectFailure("\(error)")
    }
    let connection = RedisConnection(
      stream: stream, configuration: configuration, metrics: metrics)
    let spent = loop.milliseconds - start
    let allowed = configuration.connectTimeout.milliseconds
    do throws(RedisError) {
      let server = try await signIn(
        connection, configuration, name: name, timeout: max(allowed, spent + 1) - spent)
      return (connection, server)
    } catch {
      connection.close()
      throw RedisConnectFailure("\(error)")
    }
  }

  /// Sends all commands of the handshake at once and checks their replies.
  private static func signIn(
    _ connection: RedisConnection, _ configuration: RedisConfiguration, name: String,
    timeout: UInt64
  ) async throws(RedisError) -> Server {
    let commands = commands(configuration, name: name)
    let replies = await connection.replies(to: commands, timeout: timeout)
    for (command, reply) in zip(commands, replies) {
      guard case .error(let error) = reply else { continue }
      // A name is a courtesy; an ACL may deny it.
      if command.isClientCommand, case .server = error { continue }
      throw error
    }
    if configuration.requiresMaster {
      guard replies[commands.count - 2][0].text == "master" else {
        throw .server(code: "ROLE", message: "the server is no master")
      }
    }
    guard let runID = runID(inInformation: replies[commands.count - 1].text ?? "") else {
      throw .protocolViolation("INFO names no run_id")
    }
    return Server(runID: runID)
  }

  private static func commands(_ configuration: RedisConfiguration, name: String) -> [RedisCommand]
  {
    var commands: [RedisCommand] = []
    if let password = configuration.password {
      let user: [any RedisArgument] = configuration.username.map { [$0] } ?? []
      commands.append(RedisCommand("AUTH", user + [password]))
    }
    if configuration.database != 0 {
      commands.append(RedisCommand("SELECT", configuration.database))
    }
    // A server that still loads its data refuses PING, but not INFO.
    commands.append(RedisCommand("PING"))
    commands.append(RedisCommand("CLIENT", "SETNAME", name))
    if configuration.requiresMaster { commands.append(RedisCommand("ROLE")) }
    commands.append(RedisCommand("INFO", "server"))
    return commands
  }

  /// Finds `run_id` in the text that INFO answers.
  static func runID(inInformation text: String) -> String? {
    for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("run_id:") {
      let value = line.dropFirst("run_id:".count)
      return value.isEmpty ? nil : String(value)
    }
    return nil
  }
}

/// Why an attempt to connect failed, for the log.
struct RedisConnectFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

extension RedisCommand {
  fileprivate var isClientCommand: Bool { arguments.first as? String == "CLIENT" }
}
