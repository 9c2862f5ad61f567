extension HTTPServer {
  /// Every bound of a server. One server serves one loop, so counts are per loop.
  public struct Configuration: Sendable {
    /// Bytes of a request's head, line and fields; more is answered 431. At most 65,535.
    public var maximumHeadBytes = 16 * 1024
    /// Header fields of a request; more is answered 431. At most 254.
    public var maximumHeaderCount = 64
    /// Bytes of a request target; more is answered 414.
    public var maximumTargetBytes = 8 * 1024
    /// Bytes of a request's body, decoded; more is answered 413.
    public var maximumBodyBytes = 1024 * 1024
    /// Bytes of a chunked body's extensions and trailer fields together.
    public var maximumChunkOverheadBytes = 4 * 1024

    /// From a head's first byte to its last; longer is answered 408.
    public var headTimeout = Duration.seconds(10)
    /// From a head's end to the body's; longer is answered 408.
    public var bodyTimeout = Duration.seconds(20)
    /// From a response, or the connection's beginning, to the next request's first byte.
    public var idleTimeout = Duration.seconds(75)
    /// From a whole request to its response; longer is answered 503 and closed.
    public var requestDeadline = Duration.seconds(5)
    /// How long a client may take none of the bytes that wait for it.
    public var writeTimeout = Duration.seconds(20)
    /// After a response that ends a connection: how long the client's bytes are still taken, so that
    /// it reads the response before it meets a reset.
    public var lingerTimeout = Duration.seconds(2)

    /// Bytes that are taken and dropped in that time.
    public var maximumLingerBytes = 4 * 1024 * 1024

    /// Connections served at a time; one more is answered 503 and closed.
    public var maximumConnections = 16_384
    /// Refused connections that are told so at a time; further ones are closed without a word.
    public var maximumRefusedConnections = 128
    /// Requests of one connection that are answered before other connections have their turn.
    public var maximumPipelinedRequests = 64
    /// Bytes taken from a connection while a request of it is in flight; then reading pauses.
    public var maximumPipelinedBytes = 64 * 1024
    /// Bytes of responses that may wait for a client; above it, its next request waits.
    public var maximumQueuedBytes = 256 * 1024
    /// Connections that the kernel holds before they are accepted.
    public var backlog = 4096

    public init() {}

    /// How often time-outs are looked at: an eighth of the shortest, between 5 and 500 ms.
    var sweepInterval: Duration {
      let shortest = [
        headTimeout, bodyTimeout, idleTimeout, requestDeadline, writeTimeout, lingerTimeout,
      ].min()!
      return min(max(shortest / 8, .milliseconds(5)), .milliseconds(500))
    }
  }

  /// The configuration in the units that the connections compare with.
  struct Limits {
    let headBytes: Int
    let targetBytes: Int
    let bodyBytes: Int
    let chunkOverheadBytes: Int
    let connections: Int
    let refusedConnections: Int
    let pipelinedRequests: Int
    let pipelinedBytes: Int
    let queuedBytes: Int
    let lingerBytes: Int
    // Milliseconds.
    let headTimeout: UInt64
    let bodyTimeout: UInt64
    let idleTimeout: UInt64
    let requestDeadline: UInt64
    let writeTimeout: UInt64
    let lingerTimeout: UInt64

    init(_ configuration: Configuration) {
      precondition(configuration.maximumHeadBytes <= Int(UInt16.max), "too large a head limit")
      headBytes = configuration.maximumHeadBytes
      targetBytes = configuration.maximumTargetBytes
      bodyBytes = configuration.maximumBodyBytes
      chunkOverheadBytes = configuration.maximumChunkOverheadBytes
      connections = configuration.maximumConnections
      refusedConnections = configuration.maximumRefusedConnections
      pipelinedRequests = configuration.maximumPipelinedRequests
      pipelinedBytes = configuration.maximumPipelinedBytes
      queuedBytes = configuration.maximumQueuedBytes
      lingerBytes = configuration.maximumLingerBytes
      headTimeout = configuration.headTimeout.milliseconds
      bodyTimeout = configuration.bodyTimeout.milliseconds
      idleTimeout = configuration.idleTimeout.milliseconds
      requestDeadline = configuration.requestDeadline.milliseconds
      writeTimeout = configuration.writeTimeout.milliseconds
      lingerTimeout = configuration.lingerTimeout.milliseconds
    }
  }
}
