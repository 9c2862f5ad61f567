import Embedded
import Foundation
import TestSupport
import Testing

@Suite struct ChildProcessTests {
  @Test func `a program's output and end are known`() async throws {
    let folder = TestFolder.make("child")
    defer { TestFolder.remove(folder) }
    let log = "\(folder)/output"
    for word in ["one", "two"] {
      let child = try await ChildProcess.start(
        "/bin/sh", ["-c", "echo $0; echo error >&2; exit 3", word], log: log)
      #expect(await child.ended() == .exited(3))
    }
    let output = try String(contentsOfFile: log, encoding: .utf8)
    #expect(output == "one\nerror\ntwo\nerror\n")
  }

  @Test func `a program can be frozen, thawed and killed`() async throws {
    let folder = TestFolder.make("child")
    defer { TestFolder.remove(folder) }
    let child = try await ChildProcess.start("/bin/sleep", ["1000"], log: "\(folder)/output")
    func state() throws -> String {
      let text = try String(
        contentsOfFile: "/proc/\(child.processIdentifier)/stat", encoding: .utf8)
      return String(text.split(separator: " ")[2])
    }
    child.send(signal: SIGSTOP)
    try await eventually { try state() == "T" }
    child.send(signal: SIGCONT)
    try await eventually { try state() != "T" }
    #expect(child.status == nil)
    child.send(signal: SIGKILL)
    #expect(await child.ended() == .signalled(SIGKILL))
  }
}
