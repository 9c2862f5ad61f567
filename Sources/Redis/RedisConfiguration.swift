public import EventLoop

/// How to reach a Redis server, and how long to wait for it.
public struct RedisConfiguration: Sendable {
  public var address: SocketAddress
  /// The ACL user; `nil` for the default user.
  public var username: String?
  public var password: String?
  public var database: Int
  /// The time for an attempt to connect, signing in included.
  public var connectTimeout: Duration
  /// The time of a call that names none of its own; also how long a connection with pending calls
  /// may be silent before it is given up.
  public var commandTimeout: Duration
  /// Calls that may wait for their replies on one connection; more are refused as overloaded.
  public var maximumPending: Int

  public init(
    address: SocketAddress, username: String? = nil, password: String? = nil, database: Int = 0,
    connectTimeout: Duration = .seconds(2), commandTimeout: Duration = .seconds(1),
    maximumPending: Int = 4096
  ) {
    self.address = address
    self.username = username
    self.password = password
    self.database = database
    self.connectTimeout = connectTimeout
    self.commandTimeout = commandTimeout
    self.maximumPending = maximumPending
  }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible {
  /// The address and database, without the password.
  public var description: String {
    "\(username.map { "\($0)@" } ?? "")\(address)\(database == 0 ? "" : "/\(database)")"
  }

  public var debugDescription: String { description }
}
