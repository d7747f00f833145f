#include "afterimage/importers/nsd.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/formats/mat.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const fs::path fixtures = fs::path(AFTERIMAGE_TEST_DATA) / "importers/nsd";
const fs::path design = "nsddata/experiments/nsd/nsd_expdesign.mat";

class Nsd : public testing::Test {
 protected:
  Recording import(const fs::path& root,
                   const std::vector<std::pair<std::string, std::string>>& options = {}) {
    NsdImporter importer;
    Options known = importer.options();
    set_option(find_option(known, "subject", ""), "2", "");
    for (const auto& [name, value] : options) set_option(find_option(known, name, ""), value, "");
    report_ = importer.import({.paths = {root}, .out = folder_ / "r.h5", .force = true});
    return Recording(folder_ / "r.h5");
  }
  TemporaryFolder folder_;
  ImportReport report_;
};

TEST_F(Nsd, BetasOfBothFormsInTrialOrder) {
  const auto recording = import(fixtures);
  ASSERT_EQ(recording.info().trials.count(), 1500);
  ASSERT_EQ(recording.sensors(), 4);
  // C order of (x, y, z): (0,1,1), (1,0,0), (2,0,1), (2,3,0) -> 10 x + 100 y + 1000 z.
  const at::Tensor place = at::tensor({1100.0f, 10.0f, 1020.0f, 320.0f});
  std::vector<int64_t> trials = {0, 1, 6, 749, 750, 1499};
  for (const int64_t t : trials) {
    const at::Tensor expected = (place + static_cast<float>(t % 7)) / 100;
    EXPECT_TRUE(at::allclose(recording.responses({t})[0].squeeze(1), expected)) << t;
  }
  EXPECT_EQ(recording.info().trials.block[749], 0);
  EXPECT_EQ(recording.info().trials.block[750], 1);
}

TEST_F(Nsd, ImagesAreThoseShown) {
  const auto recording = import(fixtures);
  const auto& info = recording.info();
  const MatFile file(fixtures / design);
  const at::Tensor order = file.read("masterordering"), images = file.read("subjectim");
  for (const int64_t t : {0, 77, 1499}) {
    const auto place = order[0][t].item<int64_t>() - 1;
    const auto image = images[1][place].item<int64_t>() - 1;  // counted from 0
    const int64_t stimulus = info.trials.stimulus[static_cast<size_t>(t)];
    const at::Tensor expected = (image + at::arange(3).view({3, 1, 1}) * 3 +
                                 at::arange(4).view({4, 1}) * 40 + at::arange(6) * 7)
                                    .remainder(256)
                                    .to(at::kByte);
    EXPECT_TRUE(at::equal(recording.images({stimulus})[0], expected)) << t;
    EXPECT_EQ(info.trials.split[static_cast<size_t>(t)], place < 1000 ? "test" : "train");
  }
  EXPECT_EQ(info.stimuli(), 500);
  EXPECT_EQ(*std::max_element(info.trials.repeat.begin(), info.trials.repeat.end()), 3);
}

TEST_F(Nsd, RegionsFieldsAndDropped) {
  const auto recording = import(fixtures);
  const Sensors& sensors = recording.info().sensors;
  EXPECT_EQ(sensors.roi, (std::vector<std::string>{"V1v", "V2d", "", "hV4"}));
  EXPECT_EQ(sensors.name[1], "voxel-8");        // (1, 0, 0) of 3 x 4 x 2
  EXPECT_FALSE(sensors.mapped(0));              // explains 2 percent
  EXPECT_DOUBLE_EQ(sensors.x[1], 0.5);          // straight above fixation,
  EXPECT_NEAR(sensors.y[1], 0.5 - 0.25, 1e-7);  // 2.1 of 8.4 degrees
  EXPECT_NEAR(sensors.size[1], 0.1, 1e-7);
  EXPECT_EQ(report_.dropped[0].count, 20);
  EXPECT_EQ(recording.info().degrees_per_stimulus, 8.4);
}

TEST_F(Nsd, LabelsOfSeveralVolumes) {
  const auto rois = [&](const std::string& volumes, const std::string& merge) {
    return import(fixtures, {{"sessions", "1"}, {"rois", volumes}, {"merge_rois", merge}})
        .info()
        .sensors.roi;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(rois("Kastner2015", "false"), (Names{"VO2", "V3a", "V3b", ""}));
  EXPECT_EQ(rois("prf-visualrois,Kastner2015", "false"), (Names{"V1v", "V2d", "V3b", "hV4"}));
  EXPECT_EQ(rois("Kastner2015,prf-visualrois", "true"), (Names{"VO", "V3ab", "V3ab", "hV4"}));
  EXPECT_EQ(rois("prf-visualrois,Kastner2015", "true"), (Names{"V1", "V2", "V3ab", "hV4"}));
}

TEST_F(Nsd, OptionsOfSessionsAndTest) {
  const auto one = import(fixtures, {{"sessions", "1"}, {"image_size", "2"}});
  EXPECT_EQ(one.info().trials.count(), 750);
  EXPECT_EQ(one.info().height, 2);
  const auto thrice = import(fixtures, {{"test", "thrice"}});
  EXPECT_EQ(thrice.info().trials_of("test", "").size(), 249u * 3);  // one was shown twice
  EXPECT_THROW(import(fixtures, {{"sessions", "3"}}), Error);
  EXPECT_THROW(import(fixtures, {{"subject", "1"}}), Error);
}

TEST_F(Nsd, CaptionsOfCocoAndOfTables) {
  // COCO's number of image n is 1000 + 7 n there.
  const fs::path coco = folder_ / "captions_train2017.json", table = folder_ / "captions.csv";
  write_text(coco,
             R"({"info": {"annotations": [1]}, "images": [{"id": 1021}], "annotations": [)"
             R"({"image_id": 1014, "id": 1, "caption": "A cat.\n"},)"
             R"({"image_id": 1014, "id": 2, "caption": "One  cat"},)"
             R"({"image_id": 5, "id": 3, "caption": "of no image of NSD"}]})",
             true);
  write_text(table, "stimulus,caption\nnsd-00005,two dogs\n", true);
  const auto recording = import(fixtures, {{"captions", coco.string() + "," + table.string()}});
  const auto& info = recording.info();
  std::map<std::string, std::vector<std::string>> found;
  for (size_t s = 0; s < info.stimulus_name.size(); ++s) {
    if (!info.stimulus_caption[s].empty()) found[info.stimulus_name[s]] = info.stimulus_caption[s];
  }
  const std::map<std::string, std::vector<std::string>> expected = {
      {"nsd-00002", {"A cat.", "One cat"}}, {"nsd-00005", {"two dogs"}}};
  EXPECT_EQ(found, expected);
  EXPECT_EQ(report_.notes.back(), "498 images have no caption");
  EXPECT_EQ(info.provenance["inputs"].back()["path"], table.string());
  for (const char* wrong : {"{", "[1]", "{\"annotations\": [{\"id\": 1}]}", "{\"images\": []}",
                            "{\"annotations\": [{\"image_id\": 5, \"caption\": \"\"}]}"}) {
    write_text(coco, wrong, true);
    EXPECT_THROW(import(fixtures, {{"captions", coco.string()}}), Error) << wrong;
  }
}

TEST_F(Nsd, MistakesAreNamed) {
  const auto expect = [&](const fs::path& removed, const std::string& words,
                          const fs::path& instead = {}) {
    const fs::path root = folder_ / "copy";
    fs::remove_all(root);
    fs::copy(fixtures, root, fs::copy_options::recursive);
    fs::remove(root / removed);
    if (!instead.empty()) fs::copy(fixtures / instead, root / removed);
    try {
      import(root);
      ADD_FAILURE() << removed << " was not missed";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  };
  const fs::path volumes = "nsddata/ppdata/subj02/func1pt8mm";
  expect(design, "nsd_expdesign.mat: no such file");
  expect(volumes / "roi/nsdgeneral.nii.gz", "nsdgeneral.nii.gz: no such file");
  expect("nsddata_stimuli/stimuli/nsd/nsd_stimuli.hdf5", "no such file");
  const fs::path session = "nsddata_betas/ppdata/subj02/func1pt8mm/betas_fithrf_GLMdenoise_RR";
  expect(session / "betas_session01.nii.gz", "Expected (750, x, y, z)", "../nifti/series.nii.gz");
  EXPECT_THROW(import(fixtures / design), Error);
}

}  // namespace
}  // namespace afterimage
