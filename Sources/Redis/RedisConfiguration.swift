public import EventLoop

/// How to reach a Redis server, and how long to wait for it.
public struct RedisConfiguration: Sendable {
  /// How the servers are found.
  public enum Deployment: Sendable, Equatable {
    /// One server, at the address.
    case server
    /// A Redis Cluster, which any of the seeds describes.
    case cluster(seeds: [SocketAddress])
    /// The master that the sentinels name so.
    case sentinel(Sentinels)
  }

  /// Sentinels that watch one master, and how to sign in to them.
  public struct Sentinels: Sendable, Equatable {
    public var addresses: [SocketAddress]
    public var master: String
    public var username: String?
    public var password: String?

    public init(
      addresses: [SocketAddress], master: String, username: String? = nil, password: String? = nil
    ) {
      self.addresses = addresses
      self.master = master
      self.username = username
      self.password = password
    }
  }

  /// Where the server is, or the first seed or sentinel.
  public var address: SocketAddress
  public var deployment = Deployment.server
  /// Whether a server that copies another one counts as away.
  var requiresMaster = false
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

extension RedisConfiguration {
  /// The configuration of one server of the deployment.
  func server(at address: SocketAddress) -> RedisConfiguration {
    var one = self
    one.deployment = .server
    one.address = address
    return one
  }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible {
  /// The addresses and the database, without the password.
  public var description: String {
    let user = username.map { "\($0)@" } ?? ""
    switch deployment {
    case .server:
      return "\(user)\(address)\(database == 0 ? "" : "/\(database)")"
    case .cluster(let seeds):
      return "\(user)\(seeds.map(\.description).joined(separator: ",")) (cluster)"
    case .sentinel(let sentinels):
      let all = sentinels.addresses.map(\.description).joined(separator: ",")
      return "\(user)\(sentinels.master) by \(all)\(database == 0 ? "" : "/\(database)")"
    }
  }

  public var debugDescription: String { description }
}
