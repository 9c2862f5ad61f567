import Embedded
import Foundation
import TestSupport
import Testing

@Suite struct FolderTests {
  @Test func `servers work where their user could not reach the folder by name`() async throws {
    let closed = TestFolder.make("closed")
    chmod(closed, 0o700)
    let servers = EmbeddedServers(
      directory: "\(closed)/data", redis: .fast, postgres: try await .prepared())
    try await servers.start()
    #expect(try await redis(servers.redis, "PING") == "PONG")
    #expect(try await SharedServers.psql(url: servers.postgres.url, "SELECT 1") == "1\n")
    await servers.stop()
  }

  @Test func `a path too long for a socket gets a short private one`() async throws {
    let long =
      TestFolder.make("long") + "/" + String(repeating: "a folder of fifty characters.", count: 4)
    let servers = EmbeddedServers(directory: long, redis: .fast, postgres: try await .prepared())
    try await servers.start()
    #expect(servers.redis.socketPath.hasPrefix("/tmp/spillway-"))
    #expect(try await redis(servers.redis, "PING") == "PONG")
    #expect(try await SharedServers.psql(url: servers.postgres.url, "SELECT 1") == "1\n")
    // Another process that knows only the folder finds the same sockets.
    #expect(EmbeddedServers.redis(in: long).url == servers.redis.url)
    #expect(EmbeddedServers.postgres(in: long).url == servers.postgres.url)
    let short = servers.postgres.socketDirectory
    await servers.stop()
    #expect(!FileManager.default.fileExists(atPath: short))
  }

  @Test func `servers never run as root and nobody else can reach their sockets`() async throws {
    try await withRedis { server in
      let status = try String(
        contentsOfFile: "/proc/\(server.processIdentifier!)/status", encoding: .utf8)
      let user = try #require(status.split(separator: "\n").first { $0.hasPrefix("Uid:") })
      #expect(!user.split(separator: "\t").contains("0"))
      let folder = server.socketPath.replacing("/redis.sock", with: "")
      let attributes = try FileManager.default.attributesOfItem(atPath: folder)
      #expect(attributes[.posixPermissions] as? Int == 0o700)
    }
  }

  @Test func `a server that cannot start says why`() async throws {
    let folder = TestFolder.make("wrong")
    let server = RedisServer(
      directory: folder, options: .init(configuration: ["no-such-directive 1"]))
    let error = await #expect(throws: EmbeddedError.self) { try await server.start() }
    #expect("\(error!)".contains("no-such-directive"))
    #expect(processes(using: folder).isEmpty)
    #expect(DirectoryLock.owner(of: folder) == nil)
  }

  @Test func `odd characters in a path are encoded in the address`() async throws {
    let folder = TestFolder.make("odd") + "/50% ?é"
    let server = PostgresServer(directory: folder, options: try await .prepared())
    try await server.start()
    #expect(server.url.hasSuffix("/50%25%20%3F%C3%A9/run"))
    #expect(try await SharedServers.psql(url: server.url, "SELECT 1") == "1\n")
    await server.stop()
  }
}
