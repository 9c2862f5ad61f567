import Testing

@testable import Embedded

@Suite struct ProgramsTests {
  @Test func `a missing program names its Debian package`() throws {
    let programs = Programs(environment: ["PATH": "/nonexistent"])
    let error = #expect(throws: EmbeddedError.self) { try programs.redisServer() }
    #expect(
      "\(error!)"
        == "redis-server was not found (searched PATH): install the Debian package redis-server")
  }

  @Test func `a wrong override is an error, not a reason to take another program`() throws {
    let programs = Programs(environment: [
      "SPILLWAY_REDIS_SERVER": "/nonexistent/redis", "SPILLWAY_POSTGRES_BIN": "/nonexistent",
    ])
    let redis = #expect(throws: EmbeddedError.self) { try programs.redisServer() }
    #expect("\(redis!)".contains("SPILLWAY_REDIS_SERVER=/nonexistent/redis"))
    let postgres = #expect(throws: EmbeddedError.self) { try programs.postgresBinaries() }
    #expect("\(postgres!)".contains("SPILLWAY_POSTGRES_BIN=/nonexistent"))
  }

  @Test func `existing data gets the programs of its own version`() throws {
    let programs = Programs(environment: ["PATH": "/nonexistent"])
    let folder = try programs.postgresBinaries()
    let version = try #require(folder.split(separator: "/").dropLast().last.map(String.init))
    #expect(try programs.postgresBinaries(dataVersion: version) == folder)
  }

  @Test func `a wait status is read as the kernel writes it`() {
    #expect(ProcessExit(waitStatus: 0) == .exited(0))
    #expect(ProcessExit(waitStatus: 3 << 8) == .exited(3))
    #expect(ProcessExit(waitStatus: 9) == .signalled(9))
  }
}
