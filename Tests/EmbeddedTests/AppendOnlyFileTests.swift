import Foundation
import TestSupport
import Testing

@testable import Embedded

@Suite struct AppendOnlyFileTests {
  private static let select = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
  private static let multi = "*1\r\n$5\r\nMULTI\r\n"
  private static let set = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\n*1\r\n$\r\n"
  private static let exec = "*1\r\n$4\r\nEXEC\r\n"

  /// What is left of a file.
  private func rest(of text: String) throws -> String {
    let folder = TestFolder.make()
    defer { TestFolder.remove(folder) }
    let path = "\(folder)/file"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let cut = try AppendOnlyFile(path: path).cutUnfinishedTransaction()
    let rest = try String(decoding: Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    #expect(cut == text.utf8.count - rest.utf8.count)
    return rest
  }

  @Test func `wherever a file ends within a transaction, it ends before it afterwards`() throws {
    let whole = Self.select + Self.multi + Self.set + Self.exec + "#TS:1795317702\r\n" + Self.set
    let transaction = Self.multi + Self.set + Self.set + Self.exec
    for length in 0...transaction.utf8.count {
      let part = String(decoding: transaction.utf8.prefix(length), as: UTF8.self)
      let expected =
        switch length {
        case ..<Self.multi.utf8.count: whole + part  // Redis itself cuts such an end off.
        case transaction.utf8.count: whole + transaction
        default: whole
        }
      #expect(try rest(of: whole + part) == expected, "\(length) bytes of it")
    }
  }

  @Test func `a file that is malformed before its end is left alone`() throws {
    for middle in ["*x\r\n", "*0\r\n", "SET a 1\r\n", "*1\r\n+OK\r\n", "*1\r\n$2\r\nabcd\r\n"] {
      let text = Self.multi + Self.set + middle + Self.multi + Self.set
      #expect(try rest(of: text) == text)
    }
  }

  @Test func `an empty file stays empty`() throws { #expect(try rest(of: "") == "") }

  @Test func `the file with the highest number is the last one`() throws {
    let folder = TestFolder.make()
    defer { TestFolder.remove(folder) }
    #expect(AppendOnlyFile.last(inData: folder) == nil)
    let files = "\(folder)/appendonlydir"
    try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: false)
    for name in ["9.incr.aof", "10.incr.aof", "11.base.rdb", "manifest"] {
      try Data().write(to: URL(fileURLWithPath: "\(files)/appendonly.aof.\(name)"))
    }
    #expect(AppendOnlyFile.last(inData: folder)?.path == "\(files)/appendonly.aof.10.incr.aof")
  }
}
