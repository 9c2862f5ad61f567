import Embedded
import Foundation
import TestSupport
import Testing

@Suite struct OwnershipTests {
  @Test func `nothing is left behind when the owner is killed`() async throws {
    let folder = TestFolder.make("killed")
    await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
      let servers = EmbeddedServers(directory: folder, redis: .fast, postgres: .fast)
      try await servers.start()
      let numbers = [servers.redis.processIdentifier!, servers.postgres.processIdentifier!]
      try "\(numbers[0]) \(numbers[1])".write(
        toFile: "\(folder)/pids", atomically: true, encoding: .utf8)
      kill(getpid(), SIGKILL)
    }
    let text = try String(contentsOfFile: "\(folder)/pids", encoding: .utf8)
    let numbers = text.split(separator: " ").compactMap { Int32($0) }
    #expect(numbers.count == 2)
    try await eventually(within: .seconds(30), "the servers' end") {
      numbers.allSatisfy { !processExists($0) }
    }
    try await eventually(within: .seconds(30), "the end of all their children") {
      processes(using: folder).isEmpty
    }
  }

  @Test func `a start that is killed half-way leaves nothing that hinders the next`() async throws {
    let folder = TestFolder.make("half")
    await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
      let server = PostgresServer(directory: "\(folder)/postgres", options: .fast)
      Task { try await server.start() }
      try await eventually {
        FileManager.default.fileExists(atPath: "\(folder)/postgres/data/PG_VERSION")
      }
      kill(getpid(), SIGKILL)
    }
    let server = PostgresServer(directory: "\(folder)/postgres", options: .fast)
    try await server.start()
    #expect(try await SharedServers.psql(url: server.url, "SELECT 1") == "1\n")
    await server.stop()
    #expect(processes(using: folder).isEmpty)
  }

  @Test func `a folder that another process owns is refused, naming the process`() async throws {
    let folder = TestFolder.make("owned")
    let servers = EmbeddedServers(directory: folder, redis: .fast, postgres: try await .prepared())
    try await servers.start()
    await #expect(processExitsWith: .exitCode(2)) {
      [folder = folder as String, owner = getpid() as Int32] in
      let second = EmbeddedServers(directory: folder, redis: .fast, postgres: .fast)
      do throws(EmbeddedError) {
        try await second.start()
      } catch {
        exit("\(error)" == "\(folder) is in use by process \(owner)" ? 2 : 1)
      }
    }
    #expect(DirectoryLock.owner(of: folder) == getpid())
    #expect(try await redis(servers.redis, "PING") == "PONG")
    await servers.stop()
    #expect(DirectoryLock.owner(of: folder) == nil)
    #expect(processes(using: folder).isEmpty)
  }

  @Test func `a server gets no descriptor that it was not given`() async throws {
    var pipe: [Int32] = [0, 0]
    try #require(Glibc.pipe(&pipe) == 0)
    defer { for end in pipe { close(end) } }
    let files = FileManager.default
    let name = try files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(pipe[1])")
    try await withRedis { server in
      let folder = "/proc/\(server.processIdentifier!)/fd"
      let open = try files.contentsOfDirectory(atPath: folder).compactMap {
        try? files.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
      }
      #expect(open.count > 3)
      #expect(!open.contains(name))
    }
  }

  @Test func `one server's folder has one owner`() async throws {
    try await withRedis { server in
      let folder = server.socketPath.replacing("/run/redis.sock", with: "")
      let second = RedisServer(directory: folder, options: .fast)
      await #expect(throws: EmbeddedError.folderInUse(folder: folder, owner: getpid())) {
        try await second.start()
      }
      let answer = try await redis(server, "PING")
      #expect(answer == "PONG")
    }
  }

  @Test func `a lock that is refused closes its file once`() async throws {
    let folder = TestFolder.make("once")
    // In a process of its own: a second time it would close what somebody else has opened meanwhile.
    await #expect(processExitsWith: .exitCode(0)) { [folder = folder as String] in
      let lock = try DirectoryLock(directory: folder)
      Thread.detachNewThread {
        for _ in 0..<3000 {
          do throws(EmbeddedError) {
            _ = try DirectoryLock(directory: folder)
            exit(2)
          } catch {}
        }
        exit(0)
      }
      // Takes the number that is free again, as any other thread may: files are opened from 16 on.
      let source = open("/dev/null", O_RDONLY)
      withExtendedLifetime(lock) {
        while true {
          let descriptor = fcntl(source, F_DUPFD, 16)
          if close(descriptor) != 0 { exit(1) }
        }
      }
    }
  }

  @Test func `a start waits until servers of a dead owner have let go`() async throws {
    let folder = TestFolder.make("waits")
    let path = "\(folder)/server.lock"
    // Stands for a server that is still ending: it holds the lock for a moment.
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
    holder.arguments = [path, "-c", "echo held; read line"]
    let (input, output) = (Pipe(), Pipe())
    holder.standardInput = input
    holder.standardOutput = output
    try holder.run()
    #expect(output.fileHandleForReading.availableData.count == 5)
    let server = RedisServer(directory: folder, options: .fast)
    let start = Task { try await server.start() }
    try await eventually { DirectoryLock.owner(of: folder) == getpid() }
    #expect(server.processIdentifier == nil)
    try input.fileHandleForWriting.close()
    try await start.value
    #expect(try await redis(server, "PING") == "PONG")
    await server.stop()
  }

  @Test func `a stop does not wait for servers of a dead owner`() async throws {
    let folder = TestFolder.make("called-off")
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
    holder.arguments = ["\(folder)/server.lock", "-c", "echo held; read line"]
    let (input, output) = (Pipe(), Pipe())
    holder.standardInput = input
    holder.standardOutput = output
    try holder.run()
    defer { try? input.fileHandleForWriting.close() }
    #expect(output.fileHandleForReading.availableData.count == 5)
    let server = RedisServer(directory: folder, options: .fast)
    let start = Task { try await server.start() }
    try await eventually { DirectoryLock.owner(of: folder) == getpid() }
    // It returns at all: the holder lets go only behind this test.
    await server.stop()
    let error = await #expect(throws: EmbeddedError.self) { try await start.value }
    #expect("\(error!)".hasSuffix("was stopped while it was starting"))
  }

  @Test func `a stop during the start ends the start and leaves nothing`() async throws {
    let folder = TestFolder.make("early")
    let servers = EmbeddedServers(directory: folder, redis: .fast, postgres: .fast)
    let start = Task { try await servers.start() }
    try await eventually { DirectoryLock.owner(of: "\(folder)/postgres") != nil }
    await servers.stop()
    let error = await #expect(throws: EmbeddedError.self) { try await start.value }
    #expect("\(error!)".hasSuffix("was stopped while it was starting"))
    #expect(processes(using: folder).isEmpty)
    #expect(DirectoryLock.owner(of: folder) == nil)
    try await servers.start()
    #expect(try await redis(servers.redis, "PING") == "PONG")
    await servers.stop()
  }

  @Test func `a server that dies is started again with its data`() async throws {
    let folder = TestFolder.make("restart")
    let (events, sink) = AsyncStream.makeStream(of: String.self)
    let servers = EmbeddedServers(directory: folder, redis: .fast, postgres: try await .prepared())
    { event in
      switch event {
      case .ended(let server, let status): sink.yield("\(server) \(status)")
      case .restarted(let server): sink.yield("\(server) restarted")
      case .restartFailed(let server, let reason, _): sink.yield("\(server) failed: \(reason)")
      }
    }
    try await servers.start()
    _ = try await redis(servers.redis, "SET", "key", "value")
    var seen = events.makeAsyncIterator()
    servers.redis.kill()
    #expect(await seen.next() == "redis ended by signal 9")
    #expect(await seen.next() == "redis restarted")
    #expect(try await redis(servers.redis, "GET", "key") == "value")
    servers.postgres.kill()
    #expect(await seen.next() == "postgres ended by signal 9")
    #expect(await seen.next() == "postgres restarted")
    await servers.stop()
    #expect(processes(using: folder).isEmpty)
  }
}
