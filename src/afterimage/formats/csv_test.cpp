#include "afterimage/formats/csv.h"

#include <gtest/gtest.h>

#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/temporary_folder.h"

namespace afterimage {
namespace {

CsvTable table_of(const std::string& text, const std::string& name = "t.csv") {
  const TemporaryFolder folder;
  write_text(folder / name, text, false);
  return CsvTable::read(folder / name);
}

std::string refusal(const std::string& text, const std::string& column = {}) {
  try {
    const auto table = table_of(text);
    if (!column.empty()) table.integers(column);
    return "accepted";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Csv, FieldsQuotesAndNumbers) {
  const auto table =
      table_of("\xEF\xBB\xBFname,x,n\r\n\"a, \"\"b\"\"\nc\",0.5,3\r\nd,,-4\r\ne,nan,0");
  EXPECT_EQ(table.rows(), 3);
  EXPECT_EQ(table.names(), (std::vector<std::string>{"name", "x", "n"}));
  EXPECT_EQ(table.column("name")[0], "a, \"b\"\nc");
  const auto x = table.numbers("x");
  EXPECT_EQ(x[0], 0.5);
  EXPECT_TRUE(std::isnan(x[1]) && std::isnan(x[2]));
  EXPECT_EQ(table.integers("n"), (std::vector<int64_t>{3, -4, 0}));
  EXPECT_EQ(table_of("a\tb\n1\t2\n", "t.tsv").column("b")[0], "2");
}

TEST(Csv, RefusesNamingTheLine) {
  EXPECT_NE(refusal("a,b\n1,2\n3\n").find("t.csv:3: has 1 fields"), std::string::npos);
  EXPECT_NE(refusal("a,b\n1,2\n3,x\n", "b").find("t.csv:3: 'b' is 'x'"), std::string::npos);
  EXPECT_NE(refusal("a,b\n1,2\n", "c").find("has no column 'c'"), std::string::npos);
  EXPECT_NE(refusal("a,a\n1,2\n").find("two columns 'a'"), std::string::npos);
  EXPECT_NE(refusal("a,b\n\"1,2\n").find("quote"), std::string::npos);
  EXPECT_NE(refusal("").find("is empty"), std::string::npos);
}

TEST(Csv, WritesWhatItReads) {
  const std::vector<std::vector<std::string>> columns = {{"plain", "a,b"},
                                                         {"say \"x\"", " two\nlines"}};
  const auto table = table_of(csv_text({"one", "two, three"}, columns));
  EXPECT_EQ(table.column("one"), columns[0]);
  EXPECT_EQ(table.column("two, three"), columns[1]);
}

}  // namespace
}  // namespace afterimage
