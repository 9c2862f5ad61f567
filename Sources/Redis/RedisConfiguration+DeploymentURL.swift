internal import EventLoop

extension RedisConfiguration {
  private static let sentinelPort = 26_379

  /// Reads what follows `redis-cluster://`.
  init(cluster text: Substring) throws(RedisError) {
    let (credentials, place) = Self.splitCredentials(text)
    guard !place.contains("?"), !place.contains("#") else {
      throw .invalidConfiguration("a redis-cluster:// URL takes no parameters")
    }
    let slash = place.firstIndex(of: "/") ?? place.endIndex
    guard place[slash...].dropFirst().isEmpty else {
      throw .invalidConfiguration(
        "a cluster has one database only: a redis-cluster:// URL names none")
    }
    let seeds = try Self.addresses(place[..<slash], defaultPort: 6379)
    self.init(address: seeds[0])
    deployment = .cluster(seeds: seeds)
    try setCredentials(credentials)
  }

  /// Reads what follows `redis-sentinel://`.
  init(sentinel text: Substring) throws(RedisError) {
    let (credentials, place) = Self.splitCredentials(text)
    let mark = place.firstIndex(of: "?") ?? place.endIndex
    let parts = place[..<mark].split(separator: "/", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), !parts[1].isEmpty else {
      throw .invalidConfiguration(
        "a redis-sentinel:// URL names the master behind the sentinels: host:port,…/master")
    }
    let addresses = try Self.addresses(parts[0], defaultPort: Self.sentinelPort)
    var sentinels = Sentinels(addresses: addresses, master: try Self.decoded(parts[1]))
    for parameter in place[mark...].dropFirst().split(separator: "&") {
      let pair = parameter.split(separator: "=", maxSplits: 1)
      switch pair.first {
      case "sentinel_username" where pair.count == 2:
        sentinels.username = try Self.decoded(pair[1])
      case "sentinel_password" where pair.count == 2:
        sentinels.password = try Self.decoded(pair[1])
      default:
        throw .invalidConfiguration(
          "a redis-sentinel:// URL takes no parameters but sentinel_username and sentinel_password")
      }
    }
    if sentinels.username != nil, sentinels.password == nil {
      throw .invalidConfiguration("a Redis user needs a password")
    }
    self.init(address: addresses[0])
    deployment = .sentinel(sentinels)
    try setCredentials(credentials)
    if parts.count == 3, !parts[2].isEmpty { database = try Self.database(parts[2]) }
  }

  /// Reads `host[:port],host[:port],…`: at least one.
  private static func addresses(
    _ text: Substring, defaultPort: Int
  ) throws(RedisError) -> [SocketAddress] {
    var addresses: [SocketAddress] = []
    for place in text.split(separator: ",", omittingEmptySubsequences: false) {
      let (host, port) = try hostAndPort(place, defaultPort: defaultPort)
      addresses.append(.tcp(host: host, port: port))
    }
    return addresses
  }
}
